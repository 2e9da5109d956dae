#include "runtime/lock_waiting.hpp"
#include <algorithm>
#include "base/backoff.hpp"

namespace stint {
namespace {

// News may be lost on the way: nobody waits longer than this.
constexpr std::chrono::seconds kLongestLockWait{5};
// Nobody asks twice a second for longer.
constexpr std::chrono::milliseconds kLongestPause{600};
// A file's closing is told a moment before its lock is gone.
constexpr std::chrono::milliseconds kFirstPause{5};
// Tries farther apart are no answer to the same news.
constexpr std::chrono::seconds kSameNews{1};

}  // namespace

// A holder's last renewal must be seen well before its lease ends, so that it has been seen
// unchanged for long enough by then.
LockWaiting::LockWaiting(const LeaseTimes& times)
    : longest_wait_(std::min<Time>(kLongestLockWait, times.ttl / 2)),
      observe_for_(std::max(times.lock_delay, times.longest_without_renewal())) {}

std::optional<LockMark> LockWaiting::observed(Time now) const {
  if (!mark_ || now - first_seen_at_ < observe_for_) return std::nullopt;
  return mark_;
}

void LockWaiting::see(const LockAttempt& busy, Time now) {
  const LockMark mark{.token = busy.holder.token, .sequence = busy.holder.sequence};
  const bool is_new = mark_ != mark;
  unchanged_ = !is_new && now - last_seen_at_ < kSameNews ? unchanged_ + 1 : 0;
  if (is_new) first_seen_at_ = now;
  mark_ = mark;
  last_seen_at_ = now;
  retry_in_ = busy.retry_in;
}

LockWaiting::Time LockWaiting::longest_wait(Time now) const {
  Time wait = longest_wait_;
  if (retry_in_ > Time{0}) wait = std::min(wait, retry_in_);
  const Time observed_in = first_seen_at_ + observe_for_ - now;
  if (observed_in > Time{0}) wait = std::min(wait, observed_in);
  return wait;
}

LockWaiting::Time LockWaiting::pause() const {
  if (unchanged_ == 0) return Time{0};
  const BackoffOptions options{.first = kFirstPause, .longest = kLongestPause, .factor = 4};
  return backoff_pause(options, unchanged_, 0);
}

}  // namespace stint
