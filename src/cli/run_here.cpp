#include "cli/run_here.hpp"
#include <unistd.h>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <fmt/format.h>
#include "app/client_impl.hpp"
#include "app/environment.hpp"
#include "app/task_reports_setup.hpp"
#include "app/worker_setup.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/missing_workers.hpp"
#include "cli/signals.hpp"
#include "cli/trace.hpp"
#include "core/arguments.hpp"
#include "core/enqueue_plan.hpp"
#include "core/store.hpp"
#include "runtime/direct_run.hpp"
#include "stint/client.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

/// Keep what the code throws, which the execution turns into text.
detail::Handler keeping(const detail::Handler& handler, std::exception_ptr& thrown) {
  return [&handler, &thrown](detail::Invocation& invocation) {
    try {
      return handler(invocation);
    } catch (const std::exception&) {
      thrown = std::current_exception();
      throw;
    }
  };
}

void end_at_second(int signal, int count) {
  if (count < 2) return;
  write_error_line("ended by a second signal");
  ::_exit(kSignalExit + signal);
}

/// What its clients, which may outlive the run, know of it.
struct Waiting {
  Waiting(std::shared_ptr<Environment> store, std::string program)
      : environment(std::move(store)), missing(*environment, std::move(program)) {}

  std::shared_ptr<Environment> environment;
  MissingWorkers missing;
  std::atomic<bool> is_stopped{false};
};

/// A client whose waits end when the run is asked to stop. `waiting` is shared with the run.
Client interruptible_client(const std::shared_ptr<Waiting>& waiting) {
  return Client{std::make_shared<detail::ClientImpl>(waiting->environment, real_clock(),
                                                     detail::ClientImpl::RefuseWait{}, [waiting] {
                                                       if (waiting->is_stopped)
                                                         throw Stopped{StopReason::kShutdown};
                                                       waiting->missing.look();
                                                     })};
}

}  // namespace

JobId enqueue_child_of_run(Environment& environment, std::string_view task, const json& args,
                           const EnqueueOptions& options) {
  const detail::TaskDeclaration* declared = environment.registry().find_task_to_enqueue(task);
  const NewJob job = plan_job(task, declared, args, options, environment.enqueue_defaults());
  return environment.store().enqueue({&job, 1}).front().id;
}

HereResult run_here(Context& context, const detail::TaskDeclaration& task, json args) {
  const std::shared_ptr<Environment>& environment = context.environment();
  HereResult result;
  detail::TaskDeclaration declared = task;
  declared.handler = keeping(task.handler, result.thrown);

  DirectOptions options;
  options.args = checked_arguments(task, std::move(args));
  if (const json metadata = with_trace(context, nullptr); !metadata.is_null()) {
    options.metadata = metadata.dump();
  }
  options.timeout = task.options.timeout;
  options.enqueue = [&](std::string_view name, const json& child, const EnqueueOptions& own) {
    return enqueue_child_of_run(*environment, name, child, own);
  };
  options.reports = make_task_reports(environment);
  options.log = [&](LogLevel level, const std::string& text) {
    if (log_enabled(task.name, level)) write_log(level, task.name, text);
  };
  const auto waiting = std::make_shared<Waiting>(environment, std::string{context.program()});
  const std::shared_ptr<RunEnvironment> run_environment = make_run_environment(environment);
  run_environment->make_client = [waiting] { return interruptible_client(waiting); };
  {
    const SignalWatcher signals{[&waiting](int signal, int count) {
      waiting->is_stopped = true;
      end_at_second(signal, count);
    }};
    options.stop_asked = [&] {
      return signals.first_signal() == 0 ? StopReason::kNone : StopReason::kShutdown;
    };
    result.end = run_directly(declared, *run_environment, options).completion;
    result.signal = signals.first_signal();
  }
  options.reports->flush();
  std::cout.flush();
  std::fflush(stdout);
  return result;
}

std::string failure_text(const Completion& end) {
  if (end.outcome == Outcome::kSnoozed) {
    return fmt::format("put off for {}", format_duration(end.delay));
  }
  const std::string message = end.error.empty() ? std::string{} : error_message(end.error);
  return message.empty() ? end.cause : fmt::format("{}: {}", end.cause, message);
}

}  // namespace stint::cli
