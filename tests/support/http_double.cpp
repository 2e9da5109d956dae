#include "support/http_double.hpp"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>
#include <utility>
#include <fmt/format.h>

namespace stint::test {
namespace {

std::string lowered(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

bool receive_some(int socket, std::string& buffer) {
  std::array<char, 16'384> bytes{};
  const ssize_t size = ::recv(socket, bytes.data(), bytes.size(), 0);
  if (size <= 0) return false;
  buffer.append(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void parse_head(std::string_view head, DoubleRequest& request) {
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  while (head.find("\r\n") != std::string_view::npos) {
    head.remove_prefix(head.find("\r\n") + 2);
    const std::string_view field = head.substr(0, head.find("\r\n"));
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = field.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    request.headers[lowered(field.substr(0, colon))] = value;
  }
}

void wait_until_it_leaves(int socket) {
  pollfd entry{.fd = socket, .events = POLLRDHUP, .revents = 0};
  ::poll(&entry, 1, -1);
}

std::string text_of(const DoubleReply& reply) {
  std::string text =
      fmt::format("HTTP/1.1 {} Double\r\nContent-Length: {}\r\n", reply.status, reply.body.size());
  for (const auto& [name, value] : reply.headers) text += fmt::format("{}: {}\r\n", name, value);
  return text + "\r\n" + reply.body;
}

}  // namespace

HttpDouble::HttpDouble(Handler handler)
    : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);  // NOLINT: how sockets are spoken to
  if (::bind(listener_.get(), plain, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), plain, &size) != 0) {
    throw std::system_error{errno, std::generic_category(), "a double of an HTTP server"};
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread{[this] { accept_all(); }};
}

HttpDouble::~HttpDouble() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock{mutex_};
    for (const UniqueFd& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
  }
  threads_.clear();
}

std::string HttpDouble::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<DoubleRequest> HttpDouble::requests() const {
  const std::lock_guard lock{mutex_};
  return requests_;
}

int HttpDouble::connections() const {
  const std::lock_guard lock{mutex_};
  return static_cast<int>(sockets_.size());
}

void HttpDouble::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::lock_guard lock{mutex_};
    sockets_.emplace_back(socket);
    threads_.emplace_back(
        [this, socket, number = static_cast<int>(sockets_.size())] { serve(socket, number); });
  }
}

void HttpDouble::serve(int socket, int number) {
  std::string buffer;
  while (std::optional<DoubleRequest> request = read_request(socket, buffer)) {
    request->connection = number;
    {
      const std::lock_guard lock{mutex_};
      requests_.push_back(*request);
    }
    const DoubleReply reply = handler_(*request);
    if (reply.way == DoubleReply::Way::kHang) wait_until_it_leaves(socket);
    const bool answers =
        reply.way == DoubleReply::Way::kAnswer || reply.way == DoubleReply::Way::kAnswerClose;
    if (!answers || !send_all(socket, text_of(reply))) break;
    if (reply.way == DoubleReply::Way::kAnswerClose) break;
  }
  ::shutdown(socket, SHUT_RDWR);  // closed by the destructor: its number stays taken till then
}

std::optional<DoubleRequest> HttpDouble::read_request(int socket, std::string& buffer) const {
  constexpr std::string_view kEnd = "\r\n\r\n";
  while (buffer.find(kEnd) == std::string::npos) {
    if (!receive_some(socket, buffer)) return std::nullopt;
  }
  DoubleRequest request;
  const std::size_t head_size = buffer.find(kEnd);
  parse_head(std::string_view{buffer}.substr(0, head_size), request);
  buffer.erase(0, head_size + kEnd.size());
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  while (buffer.size() < size) {
    if (!receive_some(socket, buffer)) return std::nullopt;
  }
  request.body = buffer.substr(0, size);
  buffer.erase(0, size);
  return request;
}

}  // namespace stint::test
