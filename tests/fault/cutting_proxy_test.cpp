// The proxy that cuts connections, between a plain client and a server that repeats what it hears.
#include "support/cutting_proxy.hpp"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
#include <gtest/gtest.h>
#include "support/eventually.hpp"

namespace stint::test {
namespace {

using std::chrono::milliseconds;

// What PostgreSQL ends a reply with.
const std::string kEnd{"Z\0\0\0\5I", 6};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Answer each piece that comes by itself and the end of a reply.
class Echo final {
 public:
  Echo() {
    sockaddr_in address = loopback(0);
    auto* raw = reinterpret_cast<sockaddr*>(&address);  // NOLINT: the sockets' way
    EXPECT_EQ(::bind(listener_, raw, sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(listener_, raw, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { run(); }};
  }
  ~Echo() {
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(stop_, &one, sizeof one), 8);
    thread_.join();
    for (const int file : {listener_, stop_}) ::close(file);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  std::uint16_t port() const { return port_; }
  std::string heard() {
    const std::lock_guard lock{mutex_};
    return heard_;
  }
  int ended() {
    const std::lock_guard lock{mutex_};
    return ended_;
  }

 private:
  void run() {
    std::vector<pollfd> files{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
    while (files[1].revents == 0) {
      ::poll(files.data(), files.size(), -1);
      for (std::size_t i = 2; i < files.size(); ++i) {
        if (files[i].revents != 0) answer(files[i]);
      }
      std::erase_if(files, [](const pollfd& one) { return one.fd < 0; });
      if (files[0].revents != 0) {
        files.push_back({::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), POLLIN, 0});
      }
    }
    for (std::size_t i = 2; i < files.size(); ++i) ::close(files[i].fd);
  }

  void answer(pollfd& file) {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(file.fd, buffer.data(), buffer.size(), 0);
    const std::lock_guard lock{mutex_};
    if (got <= 0) {
      ++ended_;
      ::close(std::exchange(file.fd, -1));
      return;
    }
    const std::string text(buffer.data(), static_cast<std::size_t>(got));
    heard_ += text;
    const std::string reply = text + kEnd;
    ::send(file.fd, reply.data(), reply.size(), MSG_NOSIGNAL);
  }

  const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int stop_ = ::eventfd(0, EFD_CLOEXEC);
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::string heard_;
  int ended_ = 0;
};

class ProxyClient final {
 public:
  explicit ProxyClient(std::uint16_t port) {
    sockaddr_in address = loopback(port);
    auto* raw = reinterpret_cast<sockaddr*>(&address);  // NOLINT: the sockets' way
    EXPECT_EQ(::connect(socket_, raw, sizeof address), 0);
  }
  ~ProxyClient() { close(); }
  ProxyClient(const ProxyClient&) = delete;
  ProxyClient& operator=(const ProxyClient&) = delete;

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void send(const std::string& text) const {
    ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  /// Whether something, or the end, comes within a time.
  bool hears_within(milliseconds time) const {
    pollfd file{socket_, POLLIN, 0};
    return ::poll(&file, 1, static_cast<int>(time.count())) > 0;
  }
  /// All that comes until a reply's end, or the connection's.
  std::string read() {
    std::string text;
    while (!text.ends_with(kEnd) && hears_within(std::chrono::seconds{10})) {
      std::array<char, 4096> buffer{};
      const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      ++pieces;
      if (got < 0) was_reset = true;
      if (got <= 0) return text + "<end>";
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  bool was_reset = false;
  int pieces = 0;

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST(CuttingProxy, PassesAllOn) {
  Echo echo;
  const CuttingProxy proxy{"127.0.0.1", echo.port()};
  ProxyClient client{proxy.port()};
  client.send("hello");
  EXPECT_EQ(client.read(), "hello" + kEnd);
  client.close();
  EXPECT_TRUE(eventually([&] { return echo.ended() == 1 && proxy.open() == 0; }));
}

TEST(CuttingProxy, CutsAReplyAfterEachNumberOfBytes) {
  Echo echo;
  CuttingProxy proxy{"127.0.0.1", echo.port()};
  const std::string reply = "ab" + kEnd;
  for (std::size_t bytes = 0; bytes <= reply.size(); ++bytes) {
    ProxyClient client{proxy.port()};
    proxy.cut_next_reply(bytes);
    client.send("ab");
    // A reply that came whole is read, and the end only when one asks again.
    EXPECT_EQ(client.read(), bytes < reply.size() ? reply.substr(0, bytes) + "<end>" : reply);
    EXPECT_EQ(client.read(), "<end>");
    EXPECT_TRUE(proxy.has_cut());
  }
  ProxyClient client{proxy.port()};
  proxy.cut_next_reply(reply.size() + 1);
  client.send("ab");
  EXPECT_EQ(client.read(), reply);
  EXPECT_FALSE(proxy.has_cut());
  client.send("c");
  EXPECT_EQ(client.read(), "c" + kEnd);
}

TEST(CuttingProxy, TouchesTheStatementThatIsMeantAlone) {
  Echo echo;
  CuttingProxy proxy{"127.0.0.1", echo.port()};
  ProxyClient client{proxy.port()};
  proxy.lose_next_reply("enqueue");
  for (const std::string other : {"/* stint enqueue_mixed */", "enqueue", "/* stint notify */"}) {
    client.send(other);
    EXPECT_EQ(client.read(), other + kEnd);
  }
  client.send("/* stint enqueue */");
  EXPECT_EQ(client.read(), "<end>");
  ProxyClient named{proxy.port()};
  proxy.lose_next_reply("enqueue");
  named.send(std::string("B\0enqueue\0", 10));
  EXPECT_EQ(named.read(), "<end>");
}

TEST(CuttingProxy, KeepsARequestUntilItIsDelivered) {
  Echo echo;
  CuttingProxy proxy{"127.0.0.1", echo.port()};
  ProxyClient client{proxy.port()};
  proxy.delay_next_request();
  client.send("late");
  EXPECT_EQ(client.read(), "<end>");
  EXPECT_EQ(echo.heard(), "");
  proxy.deliver();
  EXPECT_EQ(echo.heard(), "late");
}

TEST(CuttingProxy, HalfOpensEachDirectionApart) {
  Echo echo;
  CuttingProxy proxy{"127.0.0.1", echo.port()};
  ProxyClient deaf{proxy.port()};
  deaf.send("1");
  EXPECT_EQ(deaf.read(), "1" + kEnd);
  proxy.half_open_all(Swallow::kReplies);
  deaf.send("2");
  EXPECT_TRUE(eventually([&] { return echo.heard() == "12"; }));
  EXPECT_FALSE(deaf.hears_within(milliseconds{50}));

  ProxyClient mute{proxy.port()};
  mute.send("3");
  EXPECT_EQ(mute.read(), "3" + kEnd) << "new connections are well";
  proxy.half_open_all(Swallow::kRequests);
  mute.send("4");
  EXPECT_FALSE(mute.hears_within(milliseconds{50}));
  EXPECT_EQ(echo.heard(), "123");
  mute.close();
  deaf.close();
  // The server does not hear of the end either, until all is healed.
  EXPECT_EQ(echo.ended(), 0);
  proxy.heal();
  EXPECT_TRUE(eventually([&] { return echo.ended() == 2; }));
}

TEST(CuttingProxy, TakesConnectionsAndSwallowsAll) {
  Echo echo;
  CuttingProxy proxy{"127.0.0.1", echo.port()};
  proxy.swallow_new(true);
  const ProxyClient client{proxy.port()};
  client.send("anybody?");
  EXPECT_FALSE(client.hears_within(milliseconds{50}));
  proxy.heal();
  EXPECT_TRUE(client.hears_within(std::chrono::seconds{10})) << "healed, it is closed";
  EXPECT_EQ(echo.heard(), "");
}

TEST(CuttingProxy, ClosesAndResets) {
  Echo echo;
  CuttingProxy proxy{"127.0.0.1", echo.port()};
  for (const Cut how : {Cut::kClose, Cut::kReset}) {
    ProxyClient client{proxy.port()};
    client.send("a");
    EXPECT_EQ(client.read(), "a" + kEnd);
    proxy.cut_all(how);
    EXPECT_EQ(client.read(), "<end>");
    EXPECT_EQ(client.was_reset, how == Cut::kReset);
  }
  proxy.refuse(true);
  ProxyClient refused{proxy.port()};
  EXPECT_EQ(refused.read(), "<end>");
}

TEST(CuttingProxy, TricklesAndDelays) {
  Echo echo;
  CuttingProxy proxy{"127.0.0.1", echo.port()};
  ProxyClient client{proxy.port()};
  proxy.trickle(true);
  const std::string text(300, 'x');
  client.send(text);
  std::string heard;
  while (heard.size() < text.size()) heard += client.read();
  EXPECT_GT(client.pieces, 3);
  proxy.heal();
  proxy.delay(milliseconds{40});
  ProxyClient slow{proxy.port()};
  const auto begin = std::chrono::steady_clock::now();
  slow.send("a");
  EXPECT_EQ(slow.read(), "a" + kEnd);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds{80}) << "there and back";
}

// What befalls 100 connections of one request each, as a text.
std::string fates(std::uint64_t seed) {
  Echo echo;
  CuttingProxy proxy{"127.0.0.1", echo.port(), seed};
  proxy.misbehave({.close = 0.1, .reset = 0.1});
  std::string text;
  for (int i = 0; i < 100; ++i) {
    ProxyClient client{proxy.port()};
    client.send("a");
    const bool passed = client.read() == "a" + kEnd;
    text += passed ? '.' : client.was_reset ? 'r' : 'c';
  }
  return text;
}

TEST(CuttingProxy, MisbehavesByChanceAndTheSeedRepeatsIt) {
  const std::string once = fates(7);
  EXPECT_EQ(fates(7), once);
  EXPECT_NE(fates(8), once);
  for (const char fate : {'.', 'r', 'c'}) EXPECT_NE(once.find(fate), std::string::npos) << once;
}

}  // namespace
}  // namespace stint::test
