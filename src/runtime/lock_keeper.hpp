/// What goes on in the background while a lock is held.
#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include "base/boot_timer.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/lease.hpp"
#include "stint/one_instance_lock.hpp"

namespace stint {

/// Have its backend called by one thread at a time; `wait` and `interrupt` need no turn.
struct SharedLockBackend {
  std::unique_ptr<LockBackend> backend;
  Mutex mutex;    ///< held during every other call
  Mutex waiting;  ///< held during `wait`
};

/// Renew one holding, watch it, and end it in time, on four threads: the watchdog speaks to no
/// server, writes no line and asks no work to stop, so that nobody who is slow makes it late; the
/// renewer and the watcher speak to the server, and the crier does the rest. Thread-safe.
class LockKeeper final {
 public:
  /// `options` are the lock's own, its callbacks included; `lease` says what is due.
  LockKeeper(std::shared_ptr<SharedLockBackend> backend, LockOptions options, Lease::Options lease,
             bool is_exclusive);
  ~LockKeeper();  ///< ends the threads; the holding must have ended
  LockKeeper(const LockKeeper&) = delete;
  LockKeeper& operator=(const LockKeeper&) = delete;

  void set_waiting(bool waiting);
  /// Begin a holding: the request that got it was sent at `sent_at`.
  void begin(const LockHold& hold, std::chrono::nanoseconds sent_at);
  /// Ask the server whether it is held. Throws Error.
  bool check();
  /// Give it back, trying `attempts` times while its lease lasts; see OneInstanceLock::release.
  void release(int attempts);
  /// Wait until a holding that was lost has ended, its work included.
  void wait_until_over();

  /// As it was told last: nobody hears of a loss while the work may still go on.
  LockState state() const;
  std::int64_t token() const;
  std::chrono::nanoseconds remaining() const;
  std::stop_token stop_token() const;
  void extend();
  void rest();

 private:
  using Time = std::chrono::nanoseconds;

  /// What the crier has to say, and whom to ask to stop.
  struct Cry {
    std::string line;
    std::optional<std::stop_source> stop = {};
  };

  void wake_threads();
  void watch_time(const std::stop_token& end);
  /// When the watchdog has to look again; a watch that is due begins here.
  std::optional<Time> next_look(Time now) STINT_REQUIRES(mutex_);
  void renew_when_due(const std::stop_token& end);
  void watch_server(const std::stop_token& end);
  void cry_out(const std::stop_token& end);
  /// One renewal; if the server has told of a change, a look first.
  void renew(bool look_first);
  void give_back(const LockHold& hold);
  void note_renewal(Time sent_at);
  void note_failure(const std::string& problem);
  /// The server says that this is not held, if it is still what is held here.
  void lose(const LockHold& hold, const std::string& why);
  /// False: the work goes on though it was to end.
  bool end_work(const std::string& why, const std::stop_source& stop);
  void cry(Cry what) STINT_REQUIRES(mutex_);
  void tell_state() STINT_REQUIRES(mutex_);
  void tell_kill_at() STINT_REQUIRES(mutex_);

  const std::shared_ptr<SharedLockBackend> backend_;
  const LockOptions options_;
  const bool is_watched_;
  const Clock& clock_ = real_clock();

  mutable Mutex mutex_;
  CondVar changed_;
  Lease lease_ STINT_GUARDED_BY(mutex_);
  LockHold hold_ STINT_GUARDED_BY(mutex_);
  std::stop_source stop_ STINT_GUARDED_BY(mutex_);
  LockState told_state_ STINT_GUARDED_BY(mutex_) = LockState::kReleased;
  bool is_renewal_due_ STINT_GUARDED_BY(mutex_) = false;
  bool is_look_due_ STINT_GUARDED_BY(mutex_) = false;
  // The server is asked to tell of changes only of holdings that last: a short one wakes nobody.
  Time watch_at_ STINT_GUARDED_BY(mutex_){0};
  bool is_watch_due_ STINT_GUARDED_BY(mutex_) = false;
  bool is_watching_ STINT_GUARDED_BY(mutex_) = false;
  Time watchdog_until_ STINT_GUARDED_BY(mutex_) = Time::max();  // it sleeps at most so long
  bool must_give_back_ STINT_GUARDED_BY(mutex_) = false;        // lost by time, may still be ours
  bool is_ending_ STINT_GUARDED_BY(mutex_) = false;             // lost, and its work not over yet
  std::deque<Cry> cries_ STINT_GUARDED_BY(mutex_);              // the first one is being said

  BootTimer timer_;
  std::jthread watchdog_;
  std::jthread renewer_;
  std::jthread watcher_;
  std::jthread crier_;
};

}  // namespace stint
