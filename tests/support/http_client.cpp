#include "support/http_client.hpp"
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <array>
#include <stdexcept>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stint::test {

HttpConnection::HttpConnection(const std::string& address)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const std::size_t colon = address.find(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  // NOLINTNEXTLINE: how sockets are spoken to
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    throw std::runtime_error{"nobody listens at " + address};
  }
}

bool HttpConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

HttpAnswer HttpConnection::receive(std::chrono::milliseconds limit) const {
  std::string all;
  std::array<char, 4096> buffer{};
  for (;;) {
    pollfd entry{socket_.get(), POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(limit.count())) <= 0) {
      ADD_FAILURE() << "no answer, but: " << all;
      break;
    }
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) break;
    all.append(buffer.data(), static_cast<std::size_t>(size));
  }
  HttpAnswer answer;
  const std::size_t end = all.find("\r\n\r\n");
  if (!all.starts_with("HTTP/1.") || end == std::string::npos) return answer;
  answer.status = std::stoi(all.substr(all.find(' ') + 1));
  answer.head = all.substr(0, end);
  answer.body = all.substr(end + 4);
  return answer;
}

HttpAnswer http_exchange(const std::string& address, std::string_view bytes) {
  const HttpConnection connection{address};
  connection.send(bytes);
  return connection.receive();
}

HttpAnswer http_get(const std::string& address, std::string_view path) {
  return http_exchange(address, fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, address));
}

}  // namespace stint::test
