/// Tell sleeping workers of other processes that there is something to do.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/wake_registry.hpp"
#include "base/backoff.hpp"
#include "base/mutex.hpp"

namespace stint::postgres {

/// Send notifications after the commit, on a connection of its own: NOTIFY takes a lock of the
/// whole database at commit, and within each transaction it cut commits to a quarter. The first
/// event of each kind goes out at once, what follows within 5 ms as one more after them. A
/// notification that cannot be sent is kept until it can; who sleeps looks for jobs by time as
/// well. Thread-safe.
class Notifier final {
 public:
  /// All must outlive the notifier. The thread and the connection come with the first event.
  Notifier(const ConnectOptions& options, const Statements& statements,
           std::shared_ptr<WakeRegistry> registry, std::function<void(std::string_view)> notice);
  /// Send what is waiting, then end.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Tell of one event, `what` as WakeRegistry says: to this process at once, to others soon.
  void notify(std::string_view what);

 private:
  using Clock = std::chrono::steady_clock;
  struct Event {
    bool pending = false;
    Clock::time_point not_before = {};
  };

  void run();
  /// Take the events that may go out now; `next` is when another one may.
  std::vector<std::string> take_due(Clock::time_point now, Clock::time_point& next)
      STINT_REQUIRES(mutex_);
  /// Send; false if it failed.
  bool send(const std::vector<std::string>& events) noexcept;

  const ConnectOptions& options_;
  const Statements& statements_;
  const std::shared_ptr<WakeRegistry> registry_;
  const std::function<void(std::string_view)> notice_;

  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Event, std::less<>> events_ STINT_GUARDED_BY(mutex_);
  bool stopping_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_ STINT_GUARDED_BY(mutex_);

  // Only the thread's.
  std::unique_ptr<Connection> connection_;
  bool is_lost_ = false;
  Backoff backoff_;
};

}  // namespace stint::postgres
