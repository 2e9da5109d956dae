#include "cli/run_task.hpp"
#include <memory>
#include <utility>
#include <fmt/format.h>
#include "app/environment.hpp"
#include "app/worker_setup.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "cli/context.hpp"
#include "cli/trace.hpp"
#include "core/arguments.hpp"
#include "core/date_arguments.hpp"
#include "runtime/direct_host.hpp"
#include "runtime/slot_processes.hpp"
#include "runtime/task_work.hpp"

namespace stint::cli {
namespace {

/// Where the settings say nothing else, a task that runs here has the timeout of queued ones.
milliseconds timeout_of(const Environment& environment, const detail::TaskDeclaration& task) {
  if (task.options.timeout.count() != 0) return task.options.timeout;
  return environment.enqueue_defaults().timeout;
}

std::shared_ptr<JobHost> make_host(const std::shared_ptr<Environment>& environment,
                                   const std::string& task, const WorkPlace& place) {
  HostCalls calls;
  calls.enqueue = [environment](std::string_view name, const json& args,
                                const EnqueueOptions& options) {
    return enqueue_child_of_run(*environment, name, args, options);
  };
  calls.log = [task](LogLevel level, const std::string& text) {
    if (log_enabled(task, level)) write_log(level, task, text);
  };
  calls.extend_lock = place.extend_lock;
  calls.reports = place.reports;
  return std::make_shared<DirectHost>(std::move(calls));
}

}  // namespace

LoopEnd run_task_here(Context& context, const TaskLine& line,
                      const std::function<void(const HereResult&)>& on_end) {
  const std::shared_ptr<Environment>& environment = context.environment();
  const detail::TaskDeclaration& task = line.task;
  json args = checked_arguments(task, line.args);
  check_dates(task, args, real_clock().system_now());  // each run resolves them anew
  const json metadata = with_trace(context, nullptr);
  std::unique_ptr<TaskWork> work;
  return run_loop(
      context, {.task = task.name, .lock_name = line.lock_name, .choice = line.choice},
      [&](const WorkPlace& place) -> RunnerWork& {
        const std::shared_ptr<RunEnvironment> run_environment = make_run_environment(environment);
        work = std::make_unique<TaskWork>(TaskWorkOptions{
            .task = task,
            .args = std::move(args),
            .metadata = metadata.is_null() ? std::string{} : metadata.dump(),
            .timeout = timeout_of(*environment, task),
            .environment = run_environment,
            .processes = task.program
                             ? nullptr
                             : make_runner_processes(*environment, run_environment->keeper),
            .host = make_host(environment, task.name, place),
            .deadline = place.deadline,
            .stop = place.stop,
            .on_end = [&](const Completion& end, std::optional<ErrorCode> code) {
              on_end({.end = end, .code = code});
            }});
        work->start_ahead();
        return *work;
      });
}

}  // namespace stint::cli
