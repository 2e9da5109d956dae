/// Tell a service manager how a process is doing, for as long as it lives.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "base/service_socket.hpp"

namespace stint {

/// How a process is doing.
struct ServiceState {
  bool is_ready = false;
  bool is_stopping = false;
  std::string status = {};  ///< a line for people
  std::string hang = {};    ///< what does not come round any more; empty: all does
};

/// Decides what is to be told, and when. Without threads, sockets and clocks.
class ServiceNews final {
 public:
  /// `watchdog`: the longest silence that the manager bears; 0: any.
  explicit ServiceNews(std::chrono::nanoseconds watchdog) : sign_pause_(watchdog / 2) {}

  /// The lines to send now; empty: there is no news. READY=1 and STOPPING=1 are said once, a status
  /// when it has changed, WATCHDOG=1 at half of the time, unless something hangs.
  std::string next(const ServiceState& state, std::chrono::nanoseconds boot_now);

 private:
  const std::chrono::nanoseconds sign_pause_;
  std::chrono::nanoseconds next_sign_{0};
  bool was_ready_ = false;
  bool was_stopping_ = false;
  std::string status_;
};

/// Ask how it is doing several times a second and tell the manager, on a thread of its own. Without
/// a manager there is no thread and nothing is asked.
class ServiceWatch final {
 public:
  using Look = std::function<ServiceState()>;

  /// `look` is called from the thread, until the destructor returns. Throws what ServiceSocket
  /// throws.
  ServiceWatch(const ServiceRequest& request, Look look);
  /// Looks and tells once more.
  ~ServiceWatch();
  ServiceWatch(const ServiceWatch&) = delete;
  ServiceWatch& operator=(const ServiceWatch&) = delete;

  /// Look at once: something has changed.
  void look_soon();

 private:
  void run();
  void tell();

  const ServiceSocket socket_;
  const std::chrono::nanoseconds pause_;
  const Look look_;
  ServiceNews news_;  // of the thread, as is the next
  std::string unsent_;
  Mutex mutex_;
  CondVar changed_;
  bool looks_soon_ STINT_GUARDED_BY(mutex_) = false;
  bool ends_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // the last member: it uses the others
};

/// How late a loop may be before it counts as hanging: half of the watchdog's time, or, where
/// nobody watches, `kLongestTurn`.
std::chrono::nanoseconds longest_turn(const ServiceRequest& request);

/// Between two calls of the store a loop has to do milliseconds of work.
inline constexpr std::chrono::seconds kLongestTurn{90};

}  // namespace stint
