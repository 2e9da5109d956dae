/// What a worker tells its program and the modules' hooks.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/job_records.hpp"
#include "runtime/deliveries.hpp"
#include "runtime/failed_hooks.hpp"
#include "stint/worker_event.hpp"

namespace stint {

struct WorkerEventsOptions {
  std::function<void(const WorkerEvent&)> on_event = {};  ///< may be empty
  std::size_t most_events = 10'000;                       ///< that wait
  std::size_t most_failures = 1'000;                      ///< that wait
};

/// Be told by the roles of a worker, and pass it on from threads of its own. No member waits for
/// who listens. Thread-safe. Where nobody listens there is no object of this class.
class WorkerEvents final {
 public:
  WorkerEvents(WorkerEventsOptions options, std::shared_ptr<const RunEnvironment> environment,
               const Clock& clock);
  WorkerEvents(const WorkerEvents&) = delete;
  WorkerEvents& operator=(const WorkerEvents&) = delete;

  /// Null where neither the program nor a hook listens.
  static std::shared_ptr<WorkerEvents> make(WorkerEventsOptions options,
                                            const std::shared_ptr<const RunEnvironment>& to,
                                            const Clock& clock);

  // --- Of the worker ----------------------------------------------------------------------------

  void registered(WorkerId worker);
  void lease_lost();
  void rescued(WorkerId other, const RescueResult& result);
  void left();

  // --- Of an attempt ----------------------------------------------------------------------------

  void started(const ClaimedJob& job);
  void progressed(const ClaimedJob& job, const Activity& activity);
  /// It has ended here; to be called before its end is written.
  void ended(const ClaimedJob& job, const Completion& end);
  /// The store has taken its end, and the job has the state `now`; nothing: it refused the end.
  /// Ends of jobs that never began are left aside.
  void written(const Completion& end, std::optional<JobState> now);
  /// Its end will not be written by this worker.
  void lost(const ClaimedJob& job);

  /// Deliver what waits, but begin no call after `patience`.
  void close(std::chrono::nanoseconds patience) noexcept;

 private:
  bool listens() const { return static_cast<bool>(options_.on_event); }
  WorkerEvent event_of(WorkerEventKind kind) const;
  WorkerEvent event_of(WorkerEventKind kind, const ClaimedJob& job) const;
  void tell(WorkerEvent event) STINT_EXCLUDES(mutex_);
  void tell_locked(WorkerEvent event) STINT_REQUIRES(mutex_);
  void tell_of_failure(FailedAttempt attempt);

  const WorkerEventsOptions options_;
  const Clock& clock_;
  FailedHooks hooks_;
  std::atomic<std::int64_t> worker_{0};
  Mutex mutex_;
  /// What has begun here and not ended, if the program listens.
  std::set<StartedJob> running_ STINT_GUARDED_BY(mutex_);
  /// Ended, and not written yet; without their arguments.
  std::map<StartedJob, ClaimedJob> unwritten_ STINT_GUARDED_BY(mutex_);
  std::uint64_t dropped_events_ STINT_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_failures_ STINT_GUARDED_BY(mutex_) = 0;
  Deliveries<WorkerEvent> events_;
  Deliveries<FailedAttempt> failures_;
};

}  // namespace stint
