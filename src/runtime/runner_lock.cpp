#include "runtime/runner_lock.hpp"
#include <utility>
#include "base/cleanup.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

// Of a task whose lock is already another's, or may be in a moment.
constexpr nanoseconds kGraceOfLost = std::chrono::seconds{1};
// From SIGKILL to the end of a process and of all that it has started.
constexpr nanoseconds kLongestTaskDeath = std::chrono::seconds{6};

class RealLock final : public RunnerLock {
 public:
  RealLock(std::unique_ptr<LockBackend> backend, LockOptions options,
           std::shared_ptr<WorkDeadline> deadline)
      : lock_(std::move(backend), std::move(options)), deadline_(std::move(deadline)) {}

  LockResult try_acquire() override { return lock_.try_acquire(); }
  LockResult acquire(nanoseconds timeout, const std::stop_token& stop) override {
    return lock_.acquire(timeout, stop);
  }
  void release() override {
    // Nothing runs any more; a former time would kill what the next holding runs.
    const Cleanup forget{[this] { deadline_->set(std::nullopt); }};
    lock_.release();
  }
  LockState state() const override { return lock_.state(); }
  std::int64_t token() const override { return lock_.token(); }
  std::stop_token stop_token() const override { return lock_.stop_token(); }
  void extend() override { lock_.extend(); }
  void rest() override { lock_.rest(); }
  // The state is told only once the work is dead; what is left of the lease is known before.
  bool is_ours() const override {
    return lock_.remaining() > nanoseconds{0} && !lock_.stop_token().stop_requested();
  }
  int inherited_descriptor() override { return lock_.inherited_descriptor(); }

 private:
  OneInstanceLock lock_;
  const std::shared_ptr<WorkDeadline> deadline_;
};

}  // namespace

std::unique_ptr<RunnerLock> make_runner_lock(std::unique_ptr<LockBackend> backend,
                                             LockOptions options,
                                             std::shared_ptr<WorkDeadline> deadline,
                                             std::function<void(LockState)> on_state) {
  options.at_deadline = LockOptions::AtDeadline::kTell;
  options.on_kill_at = [deadline](nanoseconds kill_at) { deadline->set(kill_at); };
  options.on_deadline_passed = [deadline] {
    if (deadline->kill_and_wait(kLongestTaskDeath)) return true;
    log_error("runner",
              "a killed task does not end: it hangs in the kernel, or works as another user; the "
              "lock is left to run out");
    return false;
  };
  options.on_state = [deadline, on_state = std::move(on_state)](LockState state) {
    if (state == LockState::kLost) {
      deadline->bring_forward(real_clock().boot_now() + kGraceOfLost);
    }
    if (on_state) on_state(state);
  };
  return std::make_unique<RealLock>(std::move(backend), std::move(options), std::move(deadline));
}

}  // namespace stint
