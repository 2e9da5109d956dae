#include "app/job_waits.hpp"
#include <algorithm>
#include <utility>
#include "stint/error.hpp"

namespace stint::detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kShortest = milliseconds{2};
constexpr nanoseconds kLongest = milliseconds{500};
constexpr nanoseconds kAfterOutage = milliseconds{100};

}  // namespace

nanoseconds look_pause(nanoseconds waited) {
  constexpr int kShare = 4;
  return std::clamp(waited / kShare, kShortest, kLongest);
}

std::optional<JobState> JobWaits::wait(JobId id, JobState seen,
                                       std::optional<nanoseconds> deadline) {
  const nanoseconds now = clock_.boot_now();
  Waiter self{.id = id,
              .state = seen,
              .since = now,
              .looked_at = now,
              .next_look = now + look_pause(nanoseconds{0}),
              .is_over = is_final(seen)};
  MutexLock lock{mutex_};
  waiters_.push_back(&self);
  // It may wait for a later look than this one.
  if (leader_ != nullptr) leader_->changed.notify_one();
  while (!self.is_over) {
    nanoseconds left = kLongest;
    if (deadline) left = std::min(left, *deadline - clock_.boot_now());
    if (left <= nanoseconds{0}) break;
    if (leader_ == nullptr || leader_ == &self) {
      leader_ = &self;
      const std::vector<JobId> ids = ask_next(lock, self, deadline);
      if (ids.empty()) continue;
      lock.unlock();
      const Answer answer = ask(ids);
      lock.lock();
      take(answer, ids);
    } else {
      self.changed.wait_for(lock, left);
    }
  }
  leave(self);
  if (self.error) std::rethrow_exception(self.error);
  return self.state;
}

void JobWaits::leave(Waiter& self) {
  waiters_.remove(&self);
  if (leader_ != nullptr && leader_ != &self) return;
  leader_ = nullptr;
  // Another of those who stay looks for the rest from now on.
  const auto next = std::ranges::find_if(waiters_, [](const Waiter* one) { return !one->is_over; });
  if (next != waiters_.end()) (*next)->changed.notify_one();
}

void JobWaits::hurry(JobId id) {
  const MutexLock lock{mutex_};
  for (Waiter* one : waiters_) {
    if (one->id == id) one->next_look = clock_.boot_now();
  }
  if (leader_ != nullptr) leader_->changed.notify_one();
}

std::vector<JobId> JobWaits::ask_next(MutexLock& lock, Waiter& self,
                                      std::optional<nanoseconds> deadline) {
  nanoseconds first = deadline.value_or(nanoseconds::max());
  for (const Waiter* one : waiters_) {
    if (!one->is_over) first = std::min(first, one->next_look);
  }
  const nanoseconds now = clock_.boot_now();
  if (first > now) {
    self.changed.wait_for(lock, first - now);
    return {};
  }
  // If one is due, those go along that would be due soon: so all who wait long look together.
  std::vector<JobId> ids;
  for (Waiter* one : waiters_) {
    const nanoseconds half = one->looked_at + (one->next_look - one->looked_at) / 2;
    one->is_asked = !one->is_over && half <= now;
    if (one->is_asked) ids.push_back(one->id);
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

JobWaits::Answer JobWaits::ask(std::span<const JobId> ids) const noexcept {
  Answer answer;
  try {
    answer.states = look_(ids);
  } catch (const Error& failure) {
    answer.is_outage = failure.retryable();
    answer.error = std::current_exception();
  } catch (...) {
    answer.error = std::current_exception();
  }
  return answer;
}

void JobWaits::take(const Answer& answer, std::span<const JobId> ids) {
  const nanoseconds now = clock_.boot_now();
  for (Waiter* one : waiters_) {
    if (!std::exchange(one->is_asked, false)) continue;
    one->looked_at = now;
    one->next_look = now + look_pause(now - one->since);
    if (answer.is_outage) {
      one->next_look = std::max(one->next_look, now + kAfterOutage);
      continue;
    }
    if (answer.error) {
      one->error = answer.error;
      one->is_over = true;
    } else {
      const auto place = std::ranges::lower_bound(ids, one->id) - ids.begin();
      one->state = answer.states.at(static_cast<std::size_t>(place));
      one->is_over = !one->state || is_final(*one->state);
    }
    if (one->is_over) one->changed.notify_one();
  }
}

}  // namespace stint::detail
