#include "base/service_socket.hpp"
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr timeval kLongestSend{.tv_sec = 1, .tv_usec = 0};

/// Read a variable and remove it; empty if it is not set.
std::string take(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): see the header
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text;
}

std::int64_t number_in(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

}  // namespace

ServiceRequest take_service_request() {
  ServiceRequest request{.socket = take("NOTIFY_SOCKET")};
  const std::int64_t watchdog = number_in(take("WATCHDOG_USEC"));
  const std::string process = take("WATCHDOG_PID");
  const bool is_for_us = process.empty() || number_in(process) == ::getpid();
  if (is_for_us && watchdog > 0) request.watchdog = std::chrono::microseconds{watchdog};
  return request;
}

ServiceSocket::ServiceSocket(const std::string& address) {
  if (address.empty()) return;
  const bool is_abstract = address.front() == '@';
  sockaddr_un name{};
  if ((address.front() != '/' && !is_abstract) || address.size() == 1 ||
      address.size() >= sizeof name.sun_path) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("NOTIFY_SOCKET={}: must be an absolute path or @name, of at most {} "
                            "bytes",
                            address, sizeof name.sun_path - 1)};
  }
  address_ = address;
  if (is_abstract) address_.front() = '\0';
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_) {
    throw Error{ErrorCode::kInternal, fmt::format("cannot make a socket for the service manager: "
                                                  "{}",
                                                  std::strerror(errno))};
  }
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kLongestSend, sizeof kLongestSend);
}

bool ServiceSocket::send(std::string_view lines) const noexcept {
  if (!socket_) return false;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ssize_t sent = 0;
  do {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets are spoken to
    sent = ::sendto(socket_.get(), lines.data(), lines.size(), MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&name), size);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(lines.size());
}

}  // namespace stint
