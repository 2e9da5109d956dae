/// Call a task's code and turn whatever comes out of it into an outcome.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include "core/attempt_transaction.hpp"
#include "core/job_records.hpp"
#include "core/payload.hpp"
#include "core/registry.hpp"
#include "process/keeper.hpp"
#include "runtime/contexts.hpp"
#include "runtime/job_run.hpp"
#include "stint/client.hpp"
#include "stint/settings.hpp"

namespace stint {

/// What every execution of a process shares. Kept alive by each execution.
struct RunEnvironment {
  std::shared_ptr<const Registry> registry;
  Settings settings;
  /// Called at the first use of a `stint::Client&` parameter.
  std::function<Client()> make_client;
  PayloadLimits limits = {};
  /// Of what an attempt prints, and as much of what it logs; from `limits.max_log`.
  std::size_t most_log_bytes = std::size_t{8} << 20;
  std::shared_ptr<Contexts> contexts;   ///< of the process
  std::shared_ptr<Keeper> keeper = {};  ///< starts programs; null: this process starts none
  /// How long a program may go on after it was asked to stop.
  std::chrono::nanoseconds grace = std::chrono::seconds{5};
  /// Makes what gives a slot's attempts their transactions. Throws Error where the store has none.
  std::function<std::unique_ptr<AttemptConnection>()> open_attempts = {};
};

/// Execute one job on the calling thread. Never throws what the task throws: the one place that
/// catches it. The times of the completion are left to the caller.
Completion execute(JobRun& run, const RunEnvironment& environment, Contexts& thread_contexts);

/// The same for a task or command that is at hand, whether or not it is in the registry under the
/// run's name.
Completion execute_declared(JobRun& run, const detail::TaskDeclaration& task,
                            const RunEnvironment& environment, Contexts& thread_contexts);

/// The end of a job whose task was not called: what the store holds of it cannot be read
/// (rejected), or something that it needs does not answer now (given back).
Completion end_before_task(const ClaimedJob& job, const std::exception& exception);

/// The end of a job that was stopped without an end of its own, by the reason of the stop. `how`
/// completes the message: "the task ignored the stop".
Completion end_of_stopped(const JobRun& run, const Registry& registry, std::string_view how);

/// Describe a failure as the stores keep it: {"type", "message", "causes"}. Any text is taken.
std::string error_json(std::string_view type, std::string_view message);

/// The message of the error that an execution ended with; empty for none.
std::string error_message(const Completion& end);

/// The pause before the next attempt after `failures` failures (this one included).
milliseconds retry_delay(const RetryOptions& options, int failures);
/// Have the jitter of this thread's later pauses drawn from a seed, for tests.
void seed_retry_delays(std::uint32_t seed);

}  // namespace stint
