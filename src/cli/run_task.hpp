/// Run a task outside the queue, once or in a loop, in a process of its own.
#pragma once
#include <optional>
#include <string>
#include "cli/run_here.hpp"
#include "cli/run_loop.hpp"
#include "core/registry.hpp"
#include "stint/json.hpp"

namespace stint::cli {

class Context;

struct TaskLine {
  const detail::TaskDeclaration& task;
  json args = json::object();
  std::string lock_name = {};
  RunnerChoice choice = {};
};

/// Check the arguments, run, hand each end to `on_end`. Throws Error for what is wrong before it
/// begins.
LoopEnd run_task_here(Context& context, const TaskLine& line,
                      const std::function<void(const HereResult&)>& on_end);

}  // namespace stint::cli
