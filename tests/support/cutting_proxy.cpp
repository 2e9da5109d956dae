#include "support/cutting_proxy.hpp"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace stint::test {
namespace {

// ReadyForQuery with no transaction open: the end of each transaction's reply.
constexpr std::string_view kReady{"Z\0\0\0\5I", 6};

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

int new_socket() {
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(file, "socket");
  const int on = 1;
  setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return file;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(file, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// What has arrived; nothing once the other side closed.
std::string read_some(int file) {
  std::array<char, 65536> buffer{};
  const ssize_t got = recv(file, buffer.data(), buffer.size(), 0);
  return got <= 0 ? std::string{} : std::string(buffer.data(), static_cast<std::size_t>(got));
}

}  // namespace

CuttingProxy::CuttingProxy(std::string host, std::uint16_t port)
    : server_host_(std::move(host)),
      server_port_(port),
      listener_(new_socket()),
      stop_event_(eventfd(0, EFD_CLOEXEC)) {
  check(stop_event_, "eventfd");
  sockaddr_in address = address_of("127.0.0.1", 0);
  check(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  check(listen(listener_, 16), "listen");
  socklen_t size = sizeof address;
  check(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_clients(); }};
}

CuttingProxy::~CuttingProxy() {
  const std::uint64_t one = 1;
  // Never read: every thread sees it from now on.
  [[maybe_unused]] const ssize_t written = write(stop_event_, &one, sizeof one);
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  if (kept_server_ >= 0) close(kept_server_);
  close(listener_);
  close(stop_event_);
}

void CuttingProxy::accept_clients() {
  while (true) {
    std::array<pollfd, 2> files{{{listener_, POLLIN, 0}, {stop_event_, POLLIN, 0}}};
    poll(files.data(), files.size(), -1);
    if (files[1].revents != 0) return;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    if (refusing_) {
      close(client);
      continue;
    }
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, client] { serve(client); });
  }
}

void CuttingProxy::serve(int client) {
  const int server = new_socket();
  sockaddr_in address = address_of(server_host_, server_port_);
  bool open = connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  bool keep_server = false;
  std::string reply;  // while the reply is being lost
  bool losing = false;
  while (open) {
    std::array<pollfd, 3> files{
        {{client, POLLIN, 0}, {server, POLLIN, 0}, {stop_event_, POLLIN, 0}}};
    poll(files.data(), files.size(), -1);
    if (files[2].revents != 0) break;
    if (files[0].revents != 0) {
      const std::string request = read_some(client);
      if (mode_ == Mode::kDelayRequest && !request.empty()) {
        const std::lock_guard lock(mutex_);
        kept_request_ = request;
        kept_server_ = server;
        keep_server = true;
        mode_ = Mode::kPass;
        break;
      }
      if (mode_ == Mode::kLoseReply) losing = true;
      open = !request.empty() && write_all(server, request);
    }
    if (open && files[1].revents != 0) {
      const std::string bytes = read_some(server);
      open = !bytes.empty();
      if (losing) {
        reply += bytes;
        if (!reply.ends_with(kReady)) continue;
        mode_ = Mode::kPass;
        break;
      }
      open = open && write_all(client, bytes);
    }
  }
  close(client);
  if (!keep_server) close(server);
}

void CuttingProxy::deliver() {
  const std::lock_guard lock(mutex_);
  std::string reply;
  if (!write_all(kept_server_, kept_request_)) return;
  while (!reply.ends_with(kReady)) {
    const std::string bytes = read_some(kept_server_);
    if (bytes.empty()) return;
    reply += bytes;
  }
}

}  // namespace stint::test
