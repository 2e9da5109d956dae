/// Wait for the ends of jobs without asking the store all the time.
#pragma once
#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <vector>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/job_records.hpp"

namespace stint::detail {

/// How long to let pass before the next look at a job that has been waited for so long: a quarter
/// of that, 2 ms at least, half a second at most. So a job's end is noticed late by a quarter of
/// its time at most, and a long wait costs two looks a second.
std::chrono::nanoseconds look_pause(std::chrono::nanoseconds waited);

/// Look for all threads of a client at once: one of those that wait looks for the others too.
/// Thread-safe.
class JobWaits final {
 public:
  /// Ask for the states of these jobs, in order; nothing for one that is not stored.
  using Look = std::function<std::vector<std::optional<JobState>>(std::span<const JobId> ids)>;

  /// `clock` must outlive it.
  JobWaits(Look look, const Clock& clock) : look_(std::move(look)), clock_(clock) {}

  /// Wait until the job has ended, is no longer stored (nothing), or `deadline` has passed on the
  /// boot clock; `seen` is its state when it was looked at just now. Waits through outages; throws
  /// what else `look` throws.
  std::optional<JobState> wait(JobId id, JobState seen,
                               std::optional<std::chrono::nanoseconds> deadline);
  /// Have those who wait for this job look at once.
  void hurry(JobId id);

 private:
  struct Waiter {
    JobId id;
    std::optional<JobState> state;
    std::chrono::nanoseconds since;
    std::chrono::nanoseconds looked_at;
    std::chrono::nanoseconds next_look;
    bool is_over = false;
    bool is_asked = false;  // in the look that is under way
    std::exception_ptr error = {};
    CondVar changed = {};
  };

  struct Answer {
    std::vector<std::optional<JobState>> states = {};
    std::exception_ptr error = {};
    bool is_outage = false;
  };

  /// One turn of the thread that looks for all: return the jobs to look at now, or wait until the
  /// next look is due or something has changed, and return none.
  std::vector<JobId> ask_next(MutexLock& lock, Waiter& self,
                              std::optional<std::chrono::nanoseconds> deadline)
      STINT_REQUIRES(mutex_);
  Answer ask(std::span<const JobId> ids) const noexcept;
  /// `ids`, growing: those that were asked for.
  void take(const Answer& answer, std::span<const JobId> ids) STINT_REQUIRES(mutex_);
  void leave(Waiter& self) STINT_REQUIRES(mutex_);

  const Look look_;
  const Clock& clock_;
  Mutex mutex_;
  std::list<Waiter*> waiters_ STINT_GUARDED_BY(mutex_);
  Waiter* leader_ STINT_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace stint::detail
