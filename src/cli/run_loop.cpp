#include "cli/run_loop.hpp"
#include <csignal>
#include <optional>
#include <utility>
#include <fmt/format.h>
#include "app/environment.hpp"
#include "app/role_backends.hpp"
#include "app/task_reports_setup.hpp"
#include "base/clock.hpp"
#include "cli/context.hpp"
#include "cli/runner_service.hpp"
#include "cli/signals.hpp"
#include "core/registry.hpp"
#include "runtime/runner_lock.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

std::unique_ptr<RunnerLock> open(Context& context, const RunLoop& loop,
                                 const std::shared_ptr<WorkDeadline>& deadline,
                                 std::function<void(LockState)> on_state) {
  if (loop.choice.disable_one_instance) return nullptr;
  DescribedLock lock =
      open_lock(context.settings(), context.registry().backends(), loop.task, loop.lock_name);
  return make_runner_lock(std::move(lock.backend), std::move(lock.options), deadline,
                          std::move(on_state));
}

}  // namespace

LoopEnd run_loop(Context& context, const RunLoop& loop,
                 const std::function<RunnerWork&(const WorkPlace&)>& make_work) {
  const std::shared_ptr<TaskReports> reports = make_task_reports(context.environment());
  const auto listener = std::make_shared<RunnerReports>(loop.task, reports, real_clock());
  const auto deadline = std::make_shared<WorkDeadline>();
  const std::unique_ptr<RunnerLock> lock =
      open(context, loop, deadline, [listener](LockState state) { listener->lock_is(state); });
  LoopEnd result;
  {
    std::stop_source stop;
    RunnerService service{loop.choice.service, *listener, stop.get_token()};
    const SignalWatcher signals{[&](int /*signal*/, int count) {
      if (count == 1) {
        stop.request_stop();
        service.stops();
      } else {
        deadline->kill();
      }
    }};
    RunnerWork& work = make_work({.stop = stop.get_token(),
                                  .stop_signal =
                                      [&signals] {
                                        const int first = signals.first_signal();
                                        return first == 0 ? SIGTERM : first;
                                      },
                                  .extend_lock =
                                      [&lock] {
                                        if (lock) lock->extend();
                                      },
                                  .deadline = deadline,
                                  .reports = reports});
    Runner runner{{.task = loop.task,
                   .rules = loop.choice.rules,
                   .wait = loop.choice.wait,
                   .is_quiet = loop.is_quiet},
                  lock.get(),
                  work,
                  service};
    result.end = runner.run(stop.get_token());
    result.signal = signals.first_signal();
    if (result.signal != 0) signals.stay_deaf();
  }
  reports->flush();
  return result;
}

std::optional<int> exit_code_of(Context& context, const LoopEnd& end) {
  using Why = RunnerEnd::Why;
  const auto fail = [&](ErrorCode code, const std::string& text) {
    context.note(fmt::format("{}: error: {}", context.program(), printable(text)));
    return exit_code(code);
  };
  const RunnerEnd& run = end.end;
  if (end.signal != 0) return kSignalExit + end.signal;
  if (run.why == Why::kBusy) return fail(ErrorCode::kBusy, run.problem);
  if (run.why == Why::kUnavailable) {
    return fail(ErrorCode::kUnavailable, "nobody knows who holds the lock: " + run.problem);
  }
  if (run.was_lost) return fail(ErrorCode::kLost, "the lock was lost while the task ran");
  return std::nullopt;
}

}  // namespace stint::cli
