/// Run a work under its lock, once or in a loop, and end as the command line says.
#pragma once
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include "cli/runner_options.hpp"
#include "runtime/runner.hpp"
#include "runtime/task_reports.hpp"
#include "runtime/work_deadline.hpp"

namespace stint::cli {

class Context;

/// What a work is made with.
struct WorkPlace {
  std::stop_token stop;              ///< this process must end
  std::function<int()> stop_signal;  ///< by which it was told; SIGTERM before
  std::function<void()> extend_lock;
  std::shared_ptr<WorkDeadline> deadline;
  std::shared_ptr<TaskReports> reports;
};

struct RunLoop {
  std::string task;            ///< for the log, the stamps and the metrics
  std::string lock_name = {};  ///< empty: as the settings have it
  RunnerChoice choice;
  bool is_quiet = false;
};

/// How it ended.
struct LoopEnd {
  RunnerEnd end;
  int signal = 0;  ///< the SIGINT or SIGTERM by which it was told to end; 0: none
};

/// Open the lock, make the work, run. A first SIGINT or SIGTERM stops it by the ladder, a second
/// one kills what runs. Throws Error.
LoopEnd run_loop(Context& context, const RunLoop& loop,
                 const std::function<RunnerWork&(const WorkPlace&)>& make_work);

/// The exit code of what did not end by itself: 75 busy, 69 no server, 5 lost, 130 and 143; says
/// why. Nothing: the run itself decides.
std::optional<int> exit_code_of(Context& context, const LoopEnd& end);

}  // namespace stint::cli
