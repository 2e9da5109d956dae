#include "support/datagram_receiver.hpp"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace stint::test {
namespace {

constexpr std::size_t kLargest = 256UL * 1024;

template <typename Address>
UniqueFd bound(const Address& address, int family, std::size_t size = sizeof(Address)) {
  UniqueFd socket{::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  // NOLINTNEXTLINE: how sockets are spoken to
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
             static_cast<socklen_t>(size)) != 0) {
    throw std::system_error{errno, std::generic_category(), "bind"};
  }
  return socket;
}

}  // namespace

DatagramReceiver::DatagramReceiver(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw std::system_error{ENAMETOOLONG, std::generic_category(), path};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (!path.starts_with('@')) {
    socket_ = bound(address, AF_UNIX);
    return;
  }
  // An abstract name begins with a zero byte, and is as long as the address says.
  address.sun_path[0] = '\0';
  socket_ = bound(address, AF_UNIX, offsetof(sockaddr_un, sun_path) + path.size());
}

DatagramReceiver::DatagramReceiver() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socket_ = bound(address, AF_INET);
}

std::uint16_t DatagramReceiver::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  // NOLINTNEXTLINE: how sockets are spoken to
  ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

std::optional<std::string> DatagramReceiver::receive(std::chrono::milliseconds limit) const {
  pollfd entry{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&entry, 1, static_cast<int>(limit.count())) <= 0) return std::nullopt;
  std::string datagram(kLargest, '\0');
  const ssize_t size = ::recv(socket_.get(), datagram.data(), datagram.size(), 0);
  if (size < 0) return std::nullopt;
  datagram.resize(static_cast<std::size_t>(size));
  return datagram;
}

}  // namespace stint::test
