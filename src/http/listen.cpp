#include "http/listen.hpp"
#include <netdb.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <fmt/format.h>
#include "base/errno_text.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr int kBacklog = 64;
constexpr int kHighestPort = 65'535;
constexpr std::size_t kMostDigits = 5;

ConfigurationError unusable(std::string_view address, std::string_view why) {
  return ConfigurationError{{fmt::format("cannot serve HTTP at \"{}\": {}", address, why)}};
}

bool is_port(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > kMostDigits) return false;
  return std::ranges::all_of(text, is_digit) && std::stoi(std::string{text}) <= kHighestPort;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses resolve(std::string_view address) {
  const ListenAddress parts = parse_listen_address(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
  if (code != 0) throw unusable(address, ::gai_strerror(code));
  return Addresses{found};
}

UniqueFd try_listen(const addrinfo& address) {
  UniqueFd socket{::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return {};
  // A worker that is started anew must not wait until old connections are forgotten.
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0) return {};
  if (::listen(socket.get(), kBacklog) != 0) return {};
  return socket;
}

std::string address_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);  // NOLINT: how sockets are spoken to
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getsockname(socket, plain, &size) != 0 ||
      ::getnameinfo(plain, size, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return address.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

}  // namespace

ListenAddress parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (has_brackets) host = host.substr(1, host.size() - 2);
  const bool is_broken = !has_brackets && host.find_first_of("[]:") != std::string_view::npos;
  if (colon == std::string_view::npos || host.empty() || is_broken ||
      !is_port(text.substr(colon + 1)) || host.find('\0') != std::string_view::npos) {
    throw unusable(text, "write HOST:PORT, as in 127.0.0.1:9464, or [IPv6]:PORT; port 0 is any");
  }
  return {.host = std::string{host}, .port = std::string{text.substr(colon + 1)}};
}

Listener listen_at(std::string_view address) {
  const Addresses found = resolve(address);
  int error = 0;
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    if (UniqueFd socket = try_listen(*one)) {
      std::string name = address_of(socket.get());
      return {.socket = std::move(socket), .address = std::move(name)};
    }
    error = errno;
  }
  throw unusable(address, errno_text(error));
}

}  // namespace stint
