#include "runtime/executor.hpp"
#include <cxxabi.h>
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <optional>
#include <random>
#include <utility>
#include <fmt/format.h>
#include "base/backoff.hpp"
#include "base/cleanup.hpp"
#include "base/utf8.hpp"
#include "core/arguments.hpp"
#include "core/date_arguments.hpp"
#include "core/result_check.hpp"
#include "runtime/around_hooks.hpp"
#include "runtime/command_run.hpp"
#include "runtime/transaction_run.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::size_t kLongestMessage = std::size_t{64} << 10;
constexpr int kDeepestCause = 16;

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
  return status == 0 ? name.get() : type.name();
}

std::string bounded(std::string_view text) {
  if (text.size() <= kLongestMessage) return sanitize_text(text);
  return sanitize_text(text.substr(0, kLongestMessage)) + " [cut]";
}

json describe(const std::exception& error, int depth = 0) {
  json result{{"type", type_name(typeid(error))}, {"message", bounded(error.what())}};
  if (const auto* command = dynamic_cast<const CommandFailed*>(&error)) {
    result["type"] = command->type();
    if (!command->last_lines().empty()) result["stderr"] = bounded(command->last_lines());
  }
  if (depth >= kDeepestCause) return result;
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& cause) {
    result["causes"] = json::array({describe(cause, depth + 1)});
  } catch (...) {
    result["causes"] =
        json::array({json{{"type", "unknown"}, {"message", "not a std::exception"}}});
  }
  return result;
}

Completion failure(const JobRun& run, std::string cause, const json& error) {
  Completion end{.id = run.id(), .epoch = run.epoch(), .outcome = Outcome::kFailed};
  end.cause = std::move(cause);
  end.error = error.dump(-1, ' ', false, json::error_handler_t::replace);
  return end;
}

Completion stopped(const JobRun& run, const json& error) {
  switch (run.stop_reason()) {
    case StopReason::kTimeout:
      return failure(run, "timeout", json{{"type", "timeout"}, {"message", run.stop_message()}});
    case StopReason::kAborted: {
      Completion end =
          failure(run, "aborted", json{{"type", "aborted"}, {"message", run.stop_message()}});
      end.outcome = Outcome::kAborted;
      return end;
    }
    case StopReason::kShutdown:
    case StopReason::kLost: {
      Completion end{.id = run.id(), .epoch = run.epoch(), .outcome = Outcome::kInterrupted};
      return end;
    }
    case StopReason::kNone:
      break;
  }
  return failure(run, "error", error);  // the task itself threw Stopped without being asked
}

std::minstd_rand& retry_random() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return random;
}

class JobInvocation final : public detail::Invocation {
 public:
  JobInvocation(JobRun& run, const RunEnvironment& environment, Contexts& contexts)
      : run_(run), environment_(environment), contexts_(contexts) {}

  Job& job() override { return run_; }
  const json& args() override { return run_.args(); }
  const Settings& settings() override { return environment_.settings; }
  Client& client() override {
    if (!client_) client_.emplace(environment_.make_client());
    return *client_;
  }
  void* context(std::type_index type) override { return contexts_.get(type); }

 private:
  JobRun& run_;
  const RunEnvironment& environment_;
  Contexts& contexts_;
  std::optional<Client> client_;
};

void attach_output(Completion& end, JobRun& run, std::optional<json> output,
                   const PayloadLimits& limits) {
  if (!output) return;
  Payload payload = pack_payload(*output, limits, "the output of " + run.task());
  end.output = std::move(payload.text);
  end.attachments = std::move(payload.attachments);
}

std::string wrong_output(const detail::TaskDeclaration& task, std::optional<json>& output) {
  if (output) return output_problem(task, *output);
  if (task.options.returns.empty()) return {};  // of a handler that returns void
  json nothing = nullptr;
  return output_problem(task, nothing);
}

const detail::TaskDeclaration& require_task(const JobRun& run, const Registry& registry) {
  const detail::TaskDeclaration* task = registry.find_task(run.task());
  if (task == nullptr) {
    throw Error{ErrorCode::kInternal, "this worker does not have the task " + run.task()};
  }
  return *task;
}

Completion call_task(JobRun& run, const detail::TaskDeclaration& task,
                     const RunEnvironment& environment, Contexts& contexts) {
  try {
    json args = checked_arguments(task, run.args());
    // Dates were resolved when the job was enqueued; a run that has no job is enqueued now.
    const auto now = run.system_now();
    resolve_dates(task, args, now);
    resolve_moments(task, args, now);
    run.set_args(std::move(args));
    if (task.convert_all) task.convert_all(run.args());
  } catch (const std::exception& error) {
    Completion end = failure(run, "arguments", describe(error));
    end.outcome = Outcome::kRejected;  // the same arguments will never fit
    return end;
  }
  JobInvocation invocation{run, environment, contexts};
  const StatementStop statement_stop{run};
  const auto call = [&]() -> std::optional<json> {
    if (!task.program) return task.handler(invocation);
    // The code of hooks behind it is no program that could be killed.
    const Cleanup over{[&run] { run.set_stopped_for_certain(false); }};
    run_command(run, task, environment);
    return std::nullopt;
  };
  std::optional<json> returned;
  if (task.is_command || !environment.registry) {
    returned = call();
  } else {
    returned = call_within_hooks(environment.registry->around_hooks(), invocation, call);
  }
  std::optional<json> output = run.take_output();  // what it had set, unless it returned something
  const bool is_sure = returned && task.returns_for_sure;
  if (returned) output = std::move(returned);
  if (!is_sure) {
    if (std::string problem = wrong_output(task, output); !problem.empty()) {
      Completion end = failure(run, "output", json{{"type", "output"}, {"message", problem}});
      end.outcome = Outcome::kRejected;  // the same code would return the same, its work done twice
      return end;
    }
  }
  Completion end{.id = run.id(), .epoch = run.epoch()};
  attach_output(end, run, std::move(output), environment.limits);
  return end;
}

/// Call the task and, in a transaction of its own, write its end.
Completion call_and_complete(JobRun& run, const detail::TaskDeclaration& task,
                             const RunEnvironment& environment, Contexts& contexts) {
  Completion end = call_task(run, task, environment, contexts);
  if (end.outcome == Outcome::kDone) complete_in_transaction(run, end);
  return end;
}

/// The one function that catches what a user's task throws.
Completion outcome_of(JobRun& run, const detail::TaskDeclaration& task,
                      const RunEnvironment& environment, Contexts& contexts) {
  Completion end;
  try {
    return call_and_complete(run, task, environment, contexts);
  } catch (const Stopped& error) {
    end = stopped(run, describe(error));
  } catch (const Reject& error) {
    end = failure(run, "rejected", describe(error));
    end.outcome = Outcome::kRejected;
  } catch (const RetryIn& error) {
    end = failure(run, "error", describe(error));
    end.delay = std::max(error.delay(), milliseconds{0});
  } catch (const Snooze& error) {
    end = Completion{.id = run.id(), .epoch = run.epoch(), .outcome = Outcome::kSnoozed};
    end.delay = std::max(error.delay(), milliseconds{0});
  } catch (const std::exception& error) {
    if (const auto* own = dynamic_cast<const Error*>(&error)) run.set_error_code(own->code());
    end = run.stop_reason() == StopReason::kNone ? failure(run, "error", describe(error))
                                                 : stopped(run, describe(error));
    end.delay = retry_delay(task.options.retry, run.job().failures + 1);
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being cancelled: nobody may stop that
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    end = failure(run, "error",
                  json{{"type", type == nullptr ? "unknown" : type_name(*type)},
                       {"message", "the task threw what is no std::exception"}});
    end.delay = retry_delay(task.options.retry, run.job().failures + 1);
  }
  if (end.cause == "timeout") end.delay = retry_delay(task.options.retry, run.job().failures + 1);
  if (end.cause == "error") judge_transaction(run, end);
  try {
    attach_output(end, run, run.take_output(), environment.limits);
  } catch (const std::exception&) {
    end.output.clear();  // it failed anyway; what it had set cannot be kept
    end.attachments.clear();
  }
  return end;
}

}  // namespace

Completion execute_declared(JobRun& run, const detail::TaskDeclaration& task,
                            const RunEnvironment& environment, Contexts& contexts) {
  Completion end = outcome_of(run, task, environment, contexts);
  run.end_transaction();  // before anybody learns how it ended
  return end;
}

Completion execute(JobRun& run, const RunEnvironment& environment, Contexts& thread_contexts) {
  const detail::TaskDeclaration& task = require_task(run, *environment.registry);
  Completion end = execute_declared(run, task, environment, thread_contexts);
  run.finish_log();
  return end;
}

Completion end_before_task(const ClaimedJob& job, const std::exception& exception) {
  Completion end{.id = job.id, .epoch = job.epoch, .outcome = Outcome::kRejected};
  const auto* error = dynamic_cast<const Error*>(&exception);
  if (error != nullptr && error->retryable()) {
    end.outcome = Outcome::kInterrupted;
    end.started = false;
  }
  if (const auto* snooze = dynamic_cast<const Snooze*>(&exception)) {
    end.outcome = Outcome::kSnoozed;
    end.started = false;
    end.delay = snooze->delay();
  }
  end.cause = "error";
  end.error = error_json(error != nullptr ? "stint::Error" : "std::exception", exception.what());
  return end;
}

Completion end_of_stopped(const JobRun& run, const Registry& registry, std::string_view how) {
  Completion end{.id = run.id(), .epoch = run.epoch(), .outcome = Outcome::kInterrupted};
  const StopReason reason = run.stop_reason();
  if (reason != StopReason::kTimeout && reason != StopReason::kAborted) return end;
  const bool is_timeout = reason == StopReason::kTimeout;
  end.outcome = is_timeout ? Outcome::kFailed : Outcome::kAborted;
  end.cause = is_timeout ? "timeout" : "aborted";
  end.error = error_json(end.cause, fmt::format("{}; {}", run.stop_message(), how));
  const detail::TaskDeclaration* task = registry.find_task(run.task());
  if (is_timeout && task != nullptr) {
    end.delay = retry_delay(task->options.retry, run.job().failures + 1);
  }
  return end;
}

std::string error_json(std::string_view type, std::string_view message) {
  return json{{"type", sanitize_text(type)}, {"message", bounded(message)}}.dump();
}

std::string error_message(const Completion& end) {
  if (end.error.empty()) return {};
  return json::parse(end.error).value("message", std::string{});
}

milliseconds retry_delay(const RetryOptions& options, int failures) {
  const BackoffOptions rule{.first = options.backoff,
                            .longest = std::max(options.max_backoff, options.backoff),
                            .factor = 2,
                            .jitter = options.jitter};
  const double draw = std::uniform_real_distribution<double>{-1, 1}(retry_random());
  return std::chrono::duration_cast<milliseconds>(backoff_pause(rule, failures, draw));
}

void seed_retry_delays(std::uint32_t seed) { retry_random().seed(seed); }

}  // namespace stint
