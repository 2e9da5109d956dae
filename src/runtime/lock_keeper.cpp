#include "runtime/lock_keeper.hpp"
#include <unistd.h>
#include <algorithm>
#include <exception>
#include <utility>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr const char* kLogger = "lock";
constexpr int kLostExit = 5;
// News of a lock that is held are seldom; what comes without any is looked at once a second.
constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::chrono::milliseconds kBeforeWatch{100};
constexpr std::chrono::seconds kWatch{30};
constexpr std::chrono::seconds kWatchAgain{1};
// Before a process ends itself, what it has to say must get out, unless nobody reads it.
constexpr std::chrono::milliseconds kLastWords{100};

}  // namespace

LockKeeper::LockKeeper(std::shared_ptr<SharedLockBackend> backend, LockOptions options,
                       Lease::Options lease, bool is_exclusive)
    : backend_(std::move(backend)),
      options_(std::move(options)),
      is_watched_(is_exclusive),
      lease_(lease) {
  watchdog_ = std::jthread{[this](const std::stop_token& end) { watch_time(end); }};
  renewer_ = std::jthread{[this](const std::stop_token& end) { renew_when_due(end); }};
  if (is_watched_) {
    watcher_ = std::jthread{[this](const std::stop_token& end) { watch_server(end); }};
  }
  crier_ = std::jthread{[this](const std::stop_token& end) { cry_out(end); }};
}

LockKeeper::~LockKeeper() {
  for (std::jthread* thread : {&watchdog_, &renewer_, &watcher_, &crier_}) thread->request_stop();
  backend_->backend->interrupt();
}

void LockKeeper::wake_threads() {
  const MutexLock lock{mutex_};
  changed_.notify_all();
}

void LockKeeper::set_waiting(bool waiting) {
  const MutexLock lock{mutex_};
  waiting ? lease_.wait() : lease_.give_up_waiting();
  tell_state();
}

void LockKeeper::begin(const LockHold& hold, Time sent_at) {
  const MutexLock lock{mutex_};
  hold_ = hold;
  stop_ = std::stop_source{};
  is_renewal_due_ = is_look_due_ = must_give_back_ = false;
  lease_.acquire(hold.token, sent_at);
  is_watch_due_ = false;
  const Time now = clock_.boot_now();
  watch_at_ = now + kBeforeWatch;
  tell_kill_at();
  tell_state();
  const std::optional<Time> next = next_look(now);
  if (next && *next < watchdog_until_) timer_.wake();
}

std::optional<LockKeeper::Time> LockKeeper::next_look(Time now) {
  if (!lease_.is_held()) return std::nullopt;
  const std::optional<Time> next = lease_.next_look();
  if (!is_watched_ || is_watch_due_) return next;
  if (now >= watch_at_) {
    is_watch_due_ = true;
    changed_.notify_all();
    return next;
  }
  return next ? std::min(*next, watch_at_) : watch_at_;
}

void LockKeeper::watch_time(const std::stop_token& end) {
  const std::stop_callback wake{end, [this] { timer_.wake(); }};
  while (!end.stop_requested()) {
    Lease::Due due;
    std::optional<Time> next;
    std::stop_source stop{std::nostopstate};
    {
      const MutexLock lock{mutex_};
      const Time now = clock_.boot_now();
      due = lease_.look(now);
      stop = stop_;
      if (due.kill) is_ending_ = true;
      if (due.stop) {
        cry({fmt::format(
                 "the lock is at risk: asking the work to stop, {} before it has to be dead",
                 format_duration(
                     std::chrono::ceil<std::chrono::milliseconds>(lease_.remaining(now)))),
             stop});
      }
      if (due.renew) {
        lease_.begin_renewal();
        is_renewal_due_ = true;
        changed_.notify_all();
      }
      next = next_look(now);
      watchdog_until_ = next.value_or(Time::max());
    }
    if (due.kill) {
      const bool is_over =
          end_work("it could not be renewed, or its work did not extend it, in time", stop);
      const MutexLock lock{mutex_};
      // Nothing runs under it any more: others need not wait for its end.
      must_give_back_ = is_over && !lease_.is_held();
      changed_.notify_all();
    }
    timer_.wait_until(next);
  }
}

void LockKeeper::cry(Cry what) {
  cries_.push_back(std::move(what));
  changed_.notify_all();
}

// A line may meet a full pipe, and a request to stop runs what the work has registered for it.
void LockKeeper::cry_out(const std::stop_token& end) {
  const std::stop_callback wake{end, [this] { wake_threads(); }};
  MutexLock lock{mutex_};
  while (true) {
    while (cries_.empty() && !end.stop_requested()) changed_.wait(lock);
    if (cries_.empty()) return;
    Cry what = cries_.front();
    lock.unlock();
    if (what.stop) what.stop->request_stop();
    log_error(kLogger, "{}", what.line);
    lock.lock();
    cries_.pop_front();
    changed_.notify_all();
  }
}

// The work dies before anybody is told that the lock is lost.
bool LockKeeper::end_work(const std::string& why, const std::stop_source& stop) {
  {
    MutexLock lock{mutex_};
    cry({.line = fmt::format("the lock is lost: {}; ending its work", why)});
    if (options_.at_deadline == LockOptions::AtDeadline::kEndProcess) {
      const auto until = std::chrono::steady_clock::now() + kLastWords;
      while (!cries_.empty() && changed_.wait_until(lock, until)) {
      }
      ::_exit(kLostExit);
    }
  }
  const bool is_over = !options_.on_deadline_passed || options_.on_deadline_passed();
  stop.request_stop();
  {
    const MutexLock lock{mutex_};
    is_ending_ = false;
    tell_state();
    changed_.notify_all();
  }
  // The watcher has nothing to watch, and is in the way of whoever waits for the lock next.
  backend_->backend->interrupt();
  return is_over;
}

void LockKeeper::lose(const LockHold& hold, const std::string& why) {
  std::stop_source stop{std::nostopstate};
  {
    const MutexLock lock{mutex_};
    if (!lease_.is_held() || hold_.owner_id != hold.owner_id) return;
    lease_.lose();
    is_ending_ = true;
    stop = stop_;
    timer_.wake();
  }
  end_work(why, stop);
}

void LockKeeper::wait_until_over() {
  MutexLock lock{mutex_};
  while (is_ending_) changed_.wait(lock);
}

void LockKeeper::renew_when_due(const std::stop_token& end) {
  const std::stop_callback wake{end, [this] { wake_threads(); }};
  while (true) {
    bool look_first = false;
    bool gives_back = false;
    LockHold hold;
    {
      MutexLock lock{mutex_};
      while (!is_renewal_due_ && !is_look_due_ && !must_give_back_ && !end.stop_requested()) {
        changed_.wait(lock);
      }
      if (end.stop_requested()) return;
      gives_back = std::exchange(must_give_back_, false);
      look_first = std::exchange(is_look_due_, false);
      is_renewal_due_ = false;
      hold = hold_;
    }
    if (gives_back) {
      give_back(hold);
    } else {
      renew(look_first);
    }
  }
}

void LockKeeper::give_back(const LockHold& hold) {
  try {
    const MutexLock turn{backend_->mutex};
    backend_->backend->release(hold);
  } catch (const std::exception& error) {
    log_debug(kLogger, "a lost lock was not given back: {}", error.what());
  }
}

void LockKeeper::renew(bool look_first) {
  LockHold hold;
  {
    const MutexLock turn{backend_->mutex};
    {
      // Released meanwhile: there is nothing to renew.
      const MutexLock lock{mutex_};
      if (!lease_.is_held()) return;
      hold = hold_;
    }
    const Time sent_at = clock_.boot_now();
    bool is_ours = true;
    try {
      if (look_first) {
        const LockRecord record = backend_->backend->read();
        is_ours = record.owner && record.owner->id == hold.owner_id;
      }
      if (is_ours) is_ours = backend_->backend->renew(hold);
    } catch (const std::exception& error) {
      note_failure(error.what());
      return;
    }
    if (is_ours) {
      note_renewal(sent_at);
      return;
    }
  }
  lose(hold, "the server says that somebody else has it, or nobody");
}

void LockKeeper::note_renewal(Time sent_at) {
  bool was_at_risk = false;
  {
    const MutexLock lock{mutex_};
    if (!lease_.is_held()) return;
    was_at_risk = lease_.state() == LockState::kAtRisk;
    lease_.renew(sent_at);
    tell_kill_at();
    tell_state();
    timer_.wake();
  }
  if (was_at_risk) log_info(kLogger, "the lock was renewed again");
}

void LockKeeper::note_failure(const std::string& problem) {
  bool is_first = false;
  {
    const MutexLock lock{mutex_};
    if (!lease_.is_held()) return;
    is_first = lease_.state() != LockState::kAtRisk;
    lease_.fail_to_renew(clock_.boot_now());
    tell_state();
    timer_.wake();
  }
  if (is_first) log_warning(kLogger, "cannot renew the lock, trying on: {}", problem);
}

void LockKeeper::watch_server(const std::stop_token& end) {
  const std::stop_callback wake{end, [this] { wake_threads(); }};
  Time last_look{0};
  while (!end.stop_requested()) {
    {
      MutexLock lock{mutex_};
      is_watching_ = false;
      while (!(lease_.is_held() && is_watch_due_) && !end.stop_requested()) changed_.wait(lock);
      if (end.stop_requested()) return;
      is_watching_ = true;
    }
    Time pause{0};
    try {
      const MutexLock turn{backend_->waiting};
      backend_->backend->wait(kWatch);
    } catch (const std::exception&) {
      pause = kWatchAgain;  // the renewals tell of outages
    }
    const Time now = clock_.boot_now();
    if (now - last_look < kBetweenLooks) pause = kBetweenLooks - (now - last_look);
    MutexLock lock{mutex_};
    if (pause > Time{0} && !end.stop_requested()) changed_.wait_for(lock, pause);
    if (!lease_.is_held()) continue;
    last_look = clock_.boot_now();
    is_look_due_ = true;
    changed_.notify_all();
  }
}

bool LockKeeper::check() {
  LockHold hold;
  {
    const MutexLock turn{backend_->mutex};
    {
      const MutexLock lock{mutex_};
      if (!lease_.is_held()) return false;
      hold = hold_;
    }
    const LockRecord record = backend_->backend->read();
    if (record.owner && record.owner->id == hold.owner_id &&
        (record.token == 0 || record.token == hold.token)) {
      return true;
    }
  }
  lose(hold, "the server says that somebody else has it, or nobody");
  return false;
}

void LockKeeper::release(int attempts) {
  {
    const MutexLock lock{mutex_};
    if (lease_.state() == LockState::kLost) {
      throw Error{ErrorCode::kLost, "the lock was lost before it could be released"};
    }
    if (!lease_.is_held()) {
      throw Error{ErrorCode::kNotOwner, "the lock is not held, so it cannot be released"};
    }
  }
  LockHold hold;
  const MutexLock turn{backend_->mutex};
  {
    const MutexLock lock{mutex_};
    if (!lease_.is_held()) throw Error{ErrorCode::kLost, "the lock was lost while it was released"};
    hold = hold_;
    lease_.release();
    tell_state();
    if (is_watching_) backend_->backend->interrupt();
  }
  const Time end = clock_.boot_now() + hold.ttl;  // then it is free without us
  Time pause = options_.retry_wait;
  bool may_be_freed = false;
  for (int attempt = 1;; ++attempt) {
    try {
      if (backend_->backend->release(hold) || may_be_freed) return;
      throw Error{ErrorCode::kLost, "the server says that the lock was lost before its release"};
    } catch (const Error& error) {
      const bool may_try = error.code() == ErrorCode::kUnavailable && error.retryable() &&
                           attempt < attempts && clock_.boot_now() + pause < end;
      if (!may_try) throw;
      may_be_freed |= error.outcome_unknown();
    }
    BootTimer{}.wait_until(clock_.boot_now() + pause);
    pause = std::min<Time>(pause * 2, std::chrono::seconds{2});
  }
}

LockState LockKeeper::state() const {
  const MutexLock lock{mutex_};
  return told_state_;
}

std::int64_t LockKeeper::token() const {
  const MutexLock lock{mutex_};
  return lease_.token();
}

LockKeeper::Time LockKeeper::remaining() const {
  const MutexLock lock{mutex_};
  return lease_.remaining(clock_.boot_now());
}

std::stop_token LockKeeper::stop_token() const {
  const MutexLock lock{mutex_};
  return stop_.get_token();
}

void LockKeeper::extend() {
  const MutexLock lock{mutex_};
  lease_.extend(clock_.boot_now());
  if (!options_.stall_timeout || !lease_.is_held()) return;
  tell_kill_at();
  timer_.wake();
}

void LockKeeper::rest() {
  const MutexLock lock{mutex_};
  lease_.rest();
  if (options_.stall_timeout && lease_.is_held()) tell_kill_at();
}

void LockKeeper::tell_state() {
  if (is_ending_) return;
  if (std::exchange(told_state_, lease_.state()) == lease_.state()) return;
  if (options_.on_state) options_.on_state(lease_.state());
}

void LockKeeper::tell_kill_at() {
  const std::optional<Time> at = lease_.kill_at();
  if (at && options_.on_kill_at) options_.on_kill_at(*at);
}

}  // namespace stint
