/// Log lines as datagrams for a daemon of this machine: syslog and the journal of systemd.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include "base/mutex.hpp"
#include "base/unique_fd.hpp"
#include "stint/log.hpp"

namespace stint {

/// Send datagrams to the socket of a daemon, which may come and go. May be used by several threads.
class LogSocket final {
 public:
  /// Throws Error (kConfiguration) with the path, the key and the cause if nobody listens there.
  LogSocket(std::string path, std::string_view key);

  /// Send one datagram. Waits 200 ms at most for a daemon that is behind, and no longer until it
  /// has taken one again. Throws Error (kUnavailable) with the path and the cause.
  void send(std::string_view datagram);

 private:
  int try_send(std::string_view datagram, int flags) const;

  const std::string path_;
  const UniqueFd socket_;
  Mutex mutex_;
  bool is_behind_ STINT_GUARDED_BY(mutex_) = false;
};

/// Find the number of a facility of syslog by its name: user, daemon, cron, local0 to local7.
/// Throws Error (kConfiguration) for another one.
int syslog_facility(std::string_view name);

/// Make the datagram that `/dev/log` expects: `<14>Jul  3 14:53:25 ident[77]: text`, the time in
/// local time.
std::string syslog_datagram(int facility, std::string_view ident, const LogLine& line,
                            std::string_view text);

/// Make the datagram of the journal's native protocol, with the fields MESSAGE, PRIORITY,
/// SYSLOG_IDENTIFIER and LOGGER.
std::string journald_datagram(std::string_view ident, const LogLine& line);

}  // namespace stint
