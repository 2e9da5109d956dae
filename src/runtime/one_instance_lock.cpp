#include "stint/one_instance_lock.hpp"
#include <algorithm>
#include <optional>
#include <utility>
#include "base/backoff.hpp"
#include "base/boot_timer.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "runtime/lock_keeper.hpp"
#include "runtime/lock_waiting.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using Time = std::chrono::nanoseconds;

constexpr const char* kLockLogger = "lock";

LeaseTimes checked_times(const LockOptions& options) {
  const LeaseTimes times = lease_times(options.ttl, options.lock_delay, options.timeout);
  const std::string problem = lease_problem(times);
  if (!problem.empty()) throw Error{ErrorCode::kConfiguration, problem};
  return times;
}

}  // namespace

std::string_view to_string(LockState state) {
  switch (state) {
    case LockState::kReleased:
      return "released";
    case LockState::kWaiting:
      return "waiting";
    case LockState::kHeld:
      return "held";
    case LockState::kAtRisk:
      return "at risk";
    case LockState::kLost:
      return "lost";
  }
  return "";
}

class OneInstanceLock::Impl final {
 public:
  Impl(std::unique_ptr<LockBackend> backend, LockOptions options)
      : options_(std::move(options)),
        times_(checked_times(options_)),
        traits_(backend->traits()),
        backend_(std::make_shared<SharedLockBackend>()),
        waiting_(times_) {
    backend_->backend = std::move(backend);
    keeper_ = std::make_unique<LockKeeper>(backend_, options_,
                                           Lease::Options{.times = times_,
                                                          .has_lease = traits_.has_lease,
                                                          .retry_wait = options_.retry_wait,
                                                          .stall_timeout = options_.stall_timeout},
                                           traits_.is_exclusive);
  }

  ~Impl() {
    try {
      keeper_->wait_until_over();
      if (is_held()) keeper_->release(1);
      if (unknown_) give_back_unknown();
    } catch (const std::exception& error) {
      log_warning(kLockLogger, "the lock was not released, its lease runs out: {}", error.what());
    }
  }

  LockResult try_acquire() {
    refuse_if_held();
    const MutexLock turn{backend_->mutex};
    LockRequest request{.owner = unknown_ ? *unknown_ : this_process_as_owner(options_.task),
                        .ttl = times_.ttl,
                        .lock_delay = times_.lock_delay,
                        .observed = waiting_.observed(clock_.boot_now())};
    const Time sent_at = clock_.boot_now();
    try {
      if (unknown_) {
        if (const std::optional<LockResult> result = read_back()) return *result;
      }
      return settle(request, sent_at, backend_->backend->acquire(request));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnavailable) throw;
      if (error.outcome_unknown()) unknown_ = request.owner;
      return {.outcome = LockResult::Outcome::kUnavailable, .problem = error.what()};
    }
  }

  LockResult acquire(Time timeout, const std::stop_token& stop) {
    const Time end = timeout > Time::max() / 2 ? Time::max() : clock_.boot_now() + timeout;
    BootTimer timer;
    const std::stop_callback wake{stop, [&] {
                                    backend_->backend->interrupt();
                                    timer.wake();
                                  }};
    Backoff outage{{.first = options_.retry_wait, .longest = std::chrono::seconds{2}}};
    refuse_if_held();
    keeper_->set_waiting(true);
    LockResult result;
    while (true) {
      try {
        result = try_acquire();
      } catch (...) {
        keeper_->set_waiting(false);
        throw;
      }
      if (result || stop.stop_requested() || clock_.boot_now() >= end) break;
      if (result.outcome == LockResult::Outcome::kBusy) {
        outage.reset();
        if (waiting_.pause() > Time{0}) {
          timer.wait_until(std::min(end, clock_.boot_now() + waiting_.pause()));
        }
        wait_for_news(end, stop);
      } else {
        timer.wait_until(std::min(end, clock_.boot_now() + outage.next()));
      }
      if (stop.stop_requested()) break;
    }
    keeper_->set_waiting(false);
    return result;
  }

  LockRecord owner() {
    const MutexLock turn{backend_->mutex};
    try {
      LockRecord record = backend_->backend->read();
      last_seen_ = record;
      return record;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnavailable || !last_seen_) throw;
      return *last_seen_;
    }
  }

  int inherited_descriptor() {
    const MutexLock turn{backend_->mutex};
    return backend_->backend->inherited_descriptor();
  }

  void release() { keeper_->release(options_.retry_max_attempts); }

  LockKeeper& keeper() { return *keeper_; }
  const LockTraits& traits() const { return traits_; }

 private:
  bool is_held() const {
    const LockState state = keeper_->state();
    return state == LockState::kHeld || state == LockState::kAtRisk;
  }

  // A holding whose work is being ended counts as held until that is over.
  void refuse_if_held() const {
    keeper_->wait_until_over();
    if (is_held()) throw Error{ErrorCode::kUsage, "the lock is held already by this object"};
  }

  // Never start on a guess: if the server has our name, ask it for a fresh lease first.
  std::optional<LockResult> read_back() STINT_REQUIRES(backend_->mutex) {
    const LockRecord record = backend_->backend->read();
    if (!record.owner || record.owner->id != unknown_->id) {
      unknown_.reset();
      return std::nullopt;
    }
    const LockHold hold{.owner_id = unknown_->id, .token = record.token, .ttl = times_.ttl};
    const Time sent_at = clock_.boot_now();
    const bool is_ours = backend_->backend->renew(hold);
    const LockOwner owner = *std::exchange(unknown_, std::nullopt);
    if (!is_ours) return std::nullopt;
    return begin(hold, owner, sent_at);
  }

  LockResult begin(const LockHold& hold, const LockOwner& owner, Time sent_at)
      STINT_REQUIRES(backend_->mutex) {
    waiting_ = LockWaiting{times_};
    last_seen_ = LockRecord{.owner = owner, .token = hold.token};
    keeper_->begin(hold, sent_at);
    return {.outcome = LockResult::Outcome::kAcquired, .token = hold.token};
  }

  LockResult settle(const LockRequest& request, Time sent_at, const LockAttempt& attempt)
      STINT_REQUIRES(backend_->mutex) {
    unknown_.reset();
    if (attempt.is_acquired) {
      return begin({.owner_id = request.owner.id, .token = attempt.token, .ttl = times_.ttl},
                   request.owner, sent_at);
    }
    const LockRecord& holder = attempt.holder;
    if (holder.owner && holder.owner->id == request.owner.id) {
      // An earlier request of ours, taken for lost, has come after all.
      unknown_ = request.owner;
      if (const std::optional<LockResult> result = read_back()) return *result;
    }
    waiting_.see(attempt, clock_.boot_now());
    last_seen_ = holder;
    return {.outcome = LockResult::Outcome::kBusy, .holder = holder};
  }

  void give_back_unknown() {
    const MutexLock turn{backend_->mutex};
    const LockRecord record = backend_->backend->read();
    if (!record.owner || record.owner->id != unknown_->id) return;
    backend_->backend->release(
        {.owner_id = unknown_->id, .token = record.token, .ttl = times_.ttl});
  }

  void wait_for_news(Time end, const std::stop_token& stop) {
    // The watcher of the last holding may be about to leave.
    const MutexLock turn{backend_->waiting};
    if (stop.stop_requested()) return;
    const Time now = clock_.boot_now();
    try {
      backend_->backend->wait(std::min(waiting_.longest_wait(now), std::max(Time{0}, end - now)));
    } catch (const Error& error) {
      // The next try tells of it.
      log_debug(kLockLogger, "waiting for the lock: {}", error.what());
    }
  }

  const LockOptions options_;
  const LeaseTimes times_;
  const LockTraits traits_;
  const Clock& clock_ = real_clock();
  std::shared_ptr<SharedLockBackend> backend_;
  LockWaiting waiting_;
  std::optional<LockOwner> unknown_;  // of a request that nobody knows to have taken effect
  std::optional<LockRecord> last_seen_;
  std::unique_ptr<LockKeeper> keeper_;  // last: its threads use what is above
};

OneInstanceLock::OneInstanceLock(std::unique_ptr<LockBackend> backend, LockOptions options)
    : impl_(std::make_unique<Impl>(std::move(backend), std::move(options))) {}
OneInstanceLock::~OneInstanceLock() = default;
OneInstanceLock::OneInstanceLock(OneInstanceLock&&) noexcept = default;
OneInstanceLock& OneInstanceLock::operator=(OneInstanceLock&&) noexcept = default;

LockResult OneInstanceLock::try_acquire() { return impl_->try_acquire(); }
LockResult OneInstanceLock::acquire(std::chrono::nanoseconds timeout,
                                    std::stop_token stop) {  // NOLINT: as its callers have it
  return impl_->acquire(timeout, stop);
}
void OneInstanceLock::release() { impl_->release(); }
LockState OneInstanceLock::state() const { return impl_->keeper().state(); }
std::int64_t OneInstanceLock::token() const { return impl_->keeper().token(); }
std::chrono::nanoseconds OneInstanceLock::remaining() const { return impl_->keeper().remaining(); }
bool OneInstanceLock::check() { return impl_->keeper().check(); }
LockRecord OneInstanceLock::owner() { return impl_->owner(); }
std::stop_token OneInstanceLock::stop_token() const { return impl_->keeper().stop_token(); }
void OneInstanceLock::extend() { impl_->keeper().extend(); }
void OneInstanceLock::rest() { impl_->keeper().rest(); }
int OneInstanceLock::inherited_descriptor() { return impl_->inherited_descriptor(); }
LockTraits OneInstanceLock::traits() const { return impl_->traits(); }

}  // namespace stint
