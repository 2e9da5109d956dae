#include "support/scripted_lock.hpp"
#include <stdexcept>
#include <utility>
#include "stint/error.hpp"

namespace stint::test {

class ScriptedLock::Client final : public LockBackend {
 public:
  explicit Client(std::shared_ptr<ScriptedLock> lock) : lock_(std::move(lock)) {}

  LockTraits traits() const override { return lock_->traits_; }

  LockAttempt acquire(const LockRequest& request) override {
    std::unique_lock guard{lock_->mutex_};
    seen_ = lock_->changes_;
    const Answer answer = lock_->begin(Call::kAcquire, guard);
    refuse_unless_done(answer);
    LockRecord& record = lock_->record_;
    LockAttempt attempt;
    if (record.owner) {
      attempt.holder = record;
    } else {
      record.owner = request.owner;
      attempt = {.is_acquired = true, .token = ++record.token};
    }
    refuse_if_unheard(answer);
    return attempt;
  }

  bool renew(const LockHold& hold) override {
    std::unique_lock guard{lock_->mutex_};
    const Answer answer = lock_->begin(Call::kRenew, guard);
    refuse_unless_done(answer);
    const bool is_ours = answer != Answer::kRefused && is_held_by(hold);
    if (is_ours) ++lock_->record_.sequence;
    refuse_if_unheard(answer);
    return is_ours;
  }

  bool release(const LockHold& hold) override {
    std::unique_lock guard{lock_->mutex_};
    const Answer answer = lock_->begin(Call::kRelease, guard);
    refuse_unless_done(answer);
    const bool is_ours = answer != Answer::kRefused && is_held_by(hold);
    if (is_ours) {
      lock_->record_.owner.reset();
      lock_->change();
    }
    refuse_if_unheard(answer);
    return is_ours;
  }

  LockRecord read() override {
    std::unique_lock guard{lock_->mutex_};
    seen_ = lock_->changes_;
    refuse_unless_done(lock_->begin(Call::kRead, guard));
    return lock_->record_;
  }

  void force_release(std::string_view /*reason*/) override { lock_->give_to(std::nullopt); }

  void wait(std::chrono::nanoseconds timeout) override {
    std::unique_lock guard{lock_->mutex_};
    const Answer answer = lock_->begin(Call::kWait, guard);
    refuse_unless_done(answer);
    if (answer == Answer::kAtOnce) return;
    lock_->changed_.wait_for(guard, timeout,
                             [&] { return is_interrupted_ || seen_ != lock_->changes_; });
    is_interrupted_ = false;
    seen_ = lock_->changes_;
  }

  void interrupt() noexcept override {
    const std::lock_guard guard{lock_->mutex_};
    is_interrupted_ = true;
    lock_->changed_.notify_all();
  }

 private:
  static void refuse_unless_done(Answer answer) {
    if (answer == Answer::kUnavailable) {
      throw Error{ErrorCode::kUnavailable, "the server is away", {.retryable = true}};
    }
    if (answer == Answer::kNotDone) refuse_if_unheard(Answer::kDoneUnheard);
    if (answer == Answer::kStrange) throw std::runtime_error{"what nobody expects"};
  }

  static void refuse_if_unheard(Answer answer) {
    if (answer != Answer::kDoneUnheard) return;
    throw Error{ErrorCode::kUnavailable,
                "the reply was lost",
                {.retryable = true, .outcome_unknown = true}};
  }

  bool is_held_by(const LockHold& hold) const {
    const LockRecord& record = lock_->record_;
    return record.owner && record.owner->id == hold.owner_id && record.token == hold.token;
  }

  const std::shared_ptr<ScriptedLock> lock_;
  std::uint64_t seen_ = 0;  // the lock's mutex guards both
  bool is_interrupted_ = false;
};

std::shared_ptr<ScriptedLock> ScriptedLock::make(LockTraits traits) {
  return std::make_shared<ScriptedLock>(std::move(traits));
}

std::unique_ptr<LockBackend> ScriptedLock::client() {
  return std::make_unique<Client>(shared_from_this());
}

ScriptedLock::Answer ScriptedLock::begin(Call call, std::unique_lock<std::mutex>& lock) {
  Script& script = this->script(call);
  ++script.count;
  ++script.held_up;
  changed_.wait(lock, [&] { return !script.is_held_up; });
  --script.held_up;
  if (script.next.empty()) return script.always;
  const Answer answer = script.next.front();
  script.next.pop_front();
  return answer;
}

void ScriptedLock::change() {
  ++changes_;
  changed_.notify_all();
}

void ScriptedLock::next(Call call, std::deque<Answer> answers) {
  const std::lock_guard lock{mutex_};
  script(call).next = std::move(answers);
}

void ScriptedLock::always(Call call, Answer answer) {
  const std::lock_guard lock{mutex_};
  script(call).always = answer;
}

void ScriptedLock::hold_up(Call call) {
  const std::lock_guard lock{mutex_};
  script(call).is_held_up = true;
}

void ScriptedLock::let_go(Call call) {
  const std::lock_guard lock{mutex_};
  script(call).is_held_up = false;
  changed_.notify_all();
}

int ScriptedLock::held_up(Call call) const {
  const std::lock_guard lock{mutex_};
  return script(call).is_held_up ? script(call).held_up : 0;
}

int ScriptedLock::count(Call call) const {
  const std::lock_guard lock{mutex_};
  return script(call).count;
}

void ScriptedLock::give_to(std::optional<std::string> owner_id, bool tells) {
  const std::lock_guard lock{mutex_};
  record_.owner.reset();
  if (owner_id) {
    record_.owner = LockOwner{.id = *std::move(owner_id), .host = "elsewhere"};
    ++record_.token;
  }
  if (tells) change();
}

void ScriptedLock::change_nothing() {
  const std::lock_guard lock{mutex_};
  change();
}

LockRecord ScriptedLock::record() const {
  const std::lock_guard lock{mutex_};
  return record_;
}

}  // namespace stint::test
