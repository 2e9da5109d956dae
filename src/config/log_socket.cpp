#include "config/log_socket.hpp"
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include "base/errno_text.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::chrono::microseconds kPatience{200'000};
// A datagram has to fit into the buffer of a socket. The journal cuts the lines of standard error
// there as well.
constexpr std::size_t kLongestText = 48UL * 1024;

struct Facility {
  std::string_view name;
  int number;
};
constexpr std::array kFacilities = {
    Facility{"user", LOG_USER},     Facility{"daemon", LOG_DAEMON}, Facility{"cron", LOG_CRON},
    Facility{"local0", LOG_LOCAL0}, Facility{"local1", LOG_LOCAL1}, Facility{"local2", LOG_LOCAL2},
    Facility{"local3", LOG_LOCAL3}, Facility{"local4", LOG_LOCAL4}, Facility{"local5", LOG_LOCAL5},
    Facility{"local6", LOG_LOCAL6}, Facility{"local7", LOG_LOCAL7}};

int priority_of(LogLevel level) {
  constexpr std::array kPriorities = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};
  return kPriorities.at(static_cast<std::size_t>(level));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof(address.sun_path) - 1));
  return address;
}

std::string_view cut(std::string_view text) {
  text = text.substr(0, kLongestText);
  return text.substr(0, valid_utf8_length(text));
}

// A value of several lines is preceded by its size in 8 bytes, the lowest first.
void add_field(std::string& datagram, std::string_view name, std::string_view value) {
  datagram += name;
  if (value.find('\n') == std::string_view::npos) {
    datagram += '=';
  } else {
    datagram += '\n';
    std::uint64_t size = value.size();
    for (int i = 0; i < 8; ++i, size >>= 8U) datagram += static_cast<char>(size & 0xFFU);
  }
  datagram += value;
  datagram += '\n';
}

}  // namespace

LogSocket::LogSocket(std::string path, std::string_view key)
    : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{.tv_sec = 0, .tv_usec = kPatience.count()};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const UniqueFd trial{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const sockaddr_un address = address_of(path_);
  // NOLINTNEXTLINE: how sockets are spoken to
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  const bool is_too_long = path_.size() >= sizeof(address.sun_path);
  if (is_too_long || ::connect(trial.get(), plain, sizeof(address)) != 0) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("the log lines cannot be sent to \"{}\" ({}): {}; start the daemon "
                            "that listens there, or choose other logging.outputs",
                            path_, key, errno_text(is_too_long ? ENAMETOOLONG : errno))};
  }
}

int LogSocket::try_send(std::string_view datagram, int flags) const {
  // Not connected, so that a daemon that was started anew is found.
  const sockaddr_un address = address_of(path_);
  // NOLINTNEXTLINE: how sockets are spoken to
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  const ssize_t sent = ::sendto(socket_.get(), datagram.data(), datagram.size(),
                                flags | MSG_NOSIGNAL, plain, sizeof(address));
  return sent >= 0 ? 0 : errno;
}

void LogSocket::send(std::string_view datagram) {
  const MutexLock lock{mutex_};
  int error = 0;
  do {
    error = try_send(datagram, is_behind_ ? MSG_DONTWAIT : 0);
  } while (error == EINTR);
  is_behind_ = error == EAGAIN;
  if (error == 0) return;
  const std::string why = is_behind_ ? "whoever listens takes no more" : errno_text(error);
  throw Error{ErrorCode::kUnavailable,
              fmt::format("the log lines cannot be sent to \"{}\": {}", path_, why)};
}

int syslog_facility(std::string_view name) {
  const auto* const found = std::ranges::find(kFacilities, name, &Facility::name);
  if (found != kFacilities.end()) return found->number;
  throw Error{ErrorCode::kConfiguration,
              fmt::format("syslog has no facility \"{}\" (logging.syslog_facility)", name)};
}

std::string syslog_datagram(int facility, std::string_view ident, const LogLine& line,
                            std::string_view text) {
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(line.time);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  // The names of months as the format has them, whatever the locale of the program is.
  return fmt::format(
      "<{}>{} {:2} {:02}:{:02}:{:02} {}[{}]: {}",
      static_cast<unsigned>(facility) | static_cast<unsigned>(priority_of(line.level)),
      kMonths.at(static_cast<std::size_t>(local.tm_mon)), local.tm_mday, local.tm_hour,
      local.tm_min, local.tm_sec, ident, ::getpid(), cut(text));
}

std::string journald_datagram(std::string_view ident, const LogLine& line) {
  std::string datagram;
  add_field(datagram, "MESSAGE", cut(line.text));
  add_field(datagram, "PRIORITY", std::to_string(priority_of(line.level)));
  add_field(datagram, "SYSLOG_IDENTIFIER", ident);
  add_field(datagram, "LOGGER", line.logger);
  return datagram;
}

}  // namespace stint
