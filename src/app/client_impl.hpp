/// What stands behind `stint::Client` and its handles.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>
#include "app/environment.hpp"
#include "app/job_waits.hpp"
#include "app/task_catalog.hpp"
#include "base/clock.hpp"
#include "core/store.hpp"
#include "stint/client.hpp"

namespace stint::detail {

/// Enqueue, wait, read and abort on the environment's store. Thread-safe.
///
/// An outage of the store ends a call at once with kUnavailable: only the caller knows how long its
/// own caller can wait. A resend is safe: with an idempotency key always; without one whenever the
/// error does not say `outcome_unknown()`. Waiting alone goes on through outages.
class ClientImpl final {
 public:
  /// Called in place of waiting without limit for a job that has not ended; throws.
  using RefuseWait = std::function<void(JobId)>;
  /// Called before each look at a job that is waited for, by any thread; what it throws ends the
  /// wait.
  using BeforeLook = std::function<void()>;

  /// With `refuse_wait`, nothing changes while this process waits: a wait with a limit then returns
  /// at once.
  explicit ClientImpl(std::shared_ptr<Environment> environment, Clock& clock = real_clock(),
                      RefuseWait refuse_wait = {}, BeforeLook before_look = {});

  std::vector<Enqueued> enqueue(std::string_view task, std::span<const json> many,
                                const EnqueueOptions& options);

  /// Make the statement that enqueues one job in somebody else's transaction.
  SqlStatement enqueue_statement(std::string_view task, const json& args,
                                 const EnqueueOptions& options);

  /// Enqueue on behalf of a running job: its children have keys of the library's own.
  JobId enqueue_child(std::string_view task, const json& args, const EnqueueOptions& options);

  /// Return the job's state at the end or at the deadline, on CLOCK_BOOTTIME.
  JobState wait(JobId id, std::optional<std::chrono::nanoseconds> deadline);
  /// Return the output of a job that is final. Throws JobFailed.
  json output(JobId id);
  JobState state(JobId id);
  JobRecord record(JobId id);
  std::vector<JobLogLine> log(JobId id, std::int64_t from);
  bool abort(JobId id, std::string_view message);
  bool retry(JobId id);

  std::chrono::nanoseconds now() const { return clock_.boot_now(); }

 private:
  std::vector<NewJob> plan(std::string_view task, std::span<const json> many,
                           const EnqueueOptions& options);
  std::vector<NewJob> plan_registered(std::string_view task, std::span<const json> many,
                                      const EnqueueOptions& options);
  void register_own_tasks() noexcept;
  std::optional<JobState> look(JobId id);

  const std::shared_ptr<Environment> environment_;
  Clock& clock_;
  const RefuseWait refuse_wait_;
  const BeforeLook before_look_;
  TaskCatalog catalog_;
  std::atomic<bool> is_registered_{false};  // this program's tasks are
  JobWaits waits_;
};

/// Read the message of an error as stores keep it; the text itself if it is none. Empty for empty.
std::string error_message(std::string_view error_json);

}  // namespace stint::detail
