/// What a service manager is told: the protocol that systemd calls sd_notify.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include "base/unique_fd.hpp"

namespace stint {

/// What a service manager has asked of this process by its environment.
struct ServiceRequest {
  std::string socket = {};  ///< a path, or "@name" of the abstract kind; empty: no news
  std::chrono::microseconds watchdog{};  ///< the longest silence that it bears; 0: any
};

/// Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and remove them: what tasks start must not
/// speak for this process. To be called before there are threads that read the environment.
ServiceRequest take_service_request();

/// Send datagrams of `NAME=value` lines to the manager. May be used by one thread at a time. A
/// manager that does not listen is no failure of ours: nothing throws but the constructor.
class ServiceSocket final {
 public:
  /// Send to nobody.
  ServiceSocket() = default;
  /// Throws Error kConfiguration for an address that cannot be one, naming it.
  explicit ServiceSocket(const std::string& address);

  bool is_open() const { return static_cast<bool>(socket_); }
  /// Send one datagram; waits a second at most. False: it was not taken.
  bool send(std::string_view lines) const noexcept;

 private:
  UniqueFd socket_;
  std::string address_;  // as the system wants it, a zero byte in front of an abstract name
};

}  // namespace stint
