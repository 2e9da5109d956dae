#include "backends/dummy/dummy_lock.hpp"
#include <algorithm>
#include <chrono>
#include <optional>
#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace stint {
namespace {

class DummyLock final : public LockBackend {
 public:
  LockTraits traits() const override {
    return {.name = "dummy",
            .is_exclusive = false,
            .has_lease = false,
            .is_observed = false,
            .promise = "none: it is always granted"};
  }

  LockAttempt acquire(const LockRequest& request) override {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        real_clock().system_now().time_since_epoch());
    token_ = std::max<std::int64_t>(token_ + 1, now.count());
    owner_ = request.owner;
    return {.is_acquired = true, .token = token_};
  }

  bool renew(const LockHold& hold) override { return is_held_by(hold); }

  bool release(const LockHold& hold) override {
    if (!is_held_by(hold)) return false;
    owner_.reset();
    return true;
  }

  LockRecord read() override { return {.owner = owner_, .token = token_}; }

  void force_release(std::string_view /*reason*/) override { owner_.reset(); }

  void wait(std::chrono::nanoseconds timeout) override {
    MutexLock lock{mutex_};
    if (!is_interrupted_) changed_.wait_for(lock, timeout);
    is_interrupted_ = false;
  }

  void interrupt() noexcept override {
    const MutexLock lock{mutex_};
    is_interrupted_ = true;
    changed_.notify_all();
  }

 private:
  bool is_held_by(const LockHold& hold) const {
    return owner_ && owner_->id == hold.owner_id && token_ == hold.token;
  }

  std::optional<LockOwner> owner_;
  std::int64_t token_ = 0;
  Mutex mutex_;
  CondVar changed_;
  bool is_interrupted_ STINT_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<LockBackend> make_dummy_lock(const BackendOptions& /*options*/) {
  return std::make_unique<DummyLock>();
}

}  // namespace stint
