#include "support/scripted_store.hpp"
#include "base/mutex.hpp"

namespace stint::test {
namespace {

class PlainWakeUp final : public WakeUp {
 public:
  void wait_for(std::chrono::nanoseconds timeout) override {
    const auto until = std::chrono::steady_clock::now() + timeout;
    MutexLock lock{mutex_};
    while (!is_interrupted_ && changed_.wait_until(lock, until)) {
    }
    is_interrupted_ = false;
  }
  void interrupt() noexcept override {
    const MutexLock lock{mutex_};
    is_interrupted_ = true;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool is_interrupted_ STINT_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<WakeUp> make_plain_wake_up() { return std::make_unique<PlainWakeUp>(); }

std::unique_ptr<WakeUp> ScriptedStore::make_wake_up(std::span<const std::string>) {
  return make_plain_wake_up();
}

}  // namespace stint::test
