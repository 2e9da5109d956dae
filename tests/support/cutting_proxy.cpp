#include "support/cutting_proxy.hpp"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace stint::test {
namespace {

// ReadyForQuery, the end of each reply: whether a transaction is open stands behind it.
bool is_whole(std::string_view reply) {
  constexpr std::string_view kReady{"Z\0\0\0\5", 5};
  constexpr std::string_view kTransaction = "ITE";
  return !reply.empty() && kTransaction.find(reply.back()) != std::string_view::npos &&
         reply.substr(0, reply.size() - 1).ends_with(kReady);
}

constexpr std::chrono::microseconds kTricklePause{50};

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

// Statements begin with a comment that names them; planned once, their name stands alone.
bool has_statement(std::string_view request, const std::string& name) {
  if (name.empty()) return true;
  const auto has = [&](const std::string& part) {
    return request.find(part) != std::string_view::npos;
  };
  return has("/* stint " + name + " */") || has('\0' + name + '\0');
}

bool includes(Swallow what, Swallow part) {
  return (static_cast<unsigned>(what) & static_cast<unsigned>(part)) != 0;
}

void raise(int event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event, &one, sizeof one);
}

void end(int socket, Cut how) {
  if (socket < 0) return;
  if (how == Cut::kReset) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(socket);
}

}  // namespace

/// One client and its way to the server. The thread that serves it owns the sockets.
struct CuttingProxy::Connection {
  int client = -1;
  int server = -1;
  int order = -1;  // an event: look at what follows
  std::atomic<Swallow> swallowed{Swallow::kNothing};
  std::atomic<bool> is_to_end{false};
  std::atomic<Cut> cut{Cut::kClose};
  std::atomic<bool> is_over{false};
  std::thread thread;

  // The serving thread's.
  bool client_gone = false;
  bool server_gone = false;
  bool is_losing = false;
  bool keeps_server = false;
  std::size_t lose_after = 0;
  std::string reply;

  Connection() : order(eventfd(0, EFD_CLOEXEC)) {}
  ~Connection() {
    if (thread.joinable()) thread.join();
    close(order);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool swallows(Swallow part) const { return includes(swallowed.load(), part); }
};

CuttingProxy::CuttingProxy(std::string host, std::uint16_t port, std::uint64_t seed)
    : server_host_(std::move(host)),
      server_port_(port),
      listener_(new_socket()),
      stop_event_(eventfd(0, EFD_CLOEXEC)),
      random_(seed) {
  check(stop_event_, "eventfd");
  sockaddr_in address = address_of("127.0.0.1", 0);
  check(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  check(listen(listener_, 64), "listen");
  socklen_t size = sizeof address;
  check(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_clients(); }};
}

CuttingProxy::~CuttingProxy() {
  raise(stop_event_);
  acceptor_.join();
  cut_all(Cut::kClose);
  connections_.clear();  // waits for their threads, none of which takes the lock any more for long
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
      ++refused_;
      close(client);
      continue;
    }
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    reap();
    const std::lock_guard lock(mutex_);
    Connection& connection = connections_.emplace_back();
    connection.client = client;
    connection.swallowed = swallowed_of_new_.load();
    ++open_;
    connection.thread = std::thread{[this, &connection] { serve(connection); }};
  }
}

void CuttingProxy::reap() {
  const std::lock_guard lock(mutex_);
  connections_.remove_if([](const Connection& one) { return one.is_over.load(); });
}

void CuttingProxy::serve(Connection& one) {
  bool open = true;
  if (one.swallowed.load() != Swallow::kBoth) {
    one.server = new_socket();
    sockaddr_in address = address_of(server_host_, server_port_);
    open = connect(one.server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  while (open && !one.is_to_end) {
    std::array<pollfd, 3> files{{{one.client_gone ? -1 : one.client, POLLIN, 0},
                                 {one.server_gone ? -1 : one.server, POLLIN, 0},
                                 {one.order, POLLIN, 0}}};
    poll(files.data(), files.size(), -1);
    if (files[2].revents != 0) break;
    if (files[0].revents != 0) open = pass_request(one);
    if (open && files[1].revents != 0) open = pass_reply(one);
  }
  end(one.client, one.cut);
  if (!one.keeps_server) end(one.server, one.cut);
  --open_;
  one.is_over = true;
}

bool CuttingProxy::pass_request(Connection& one) {
  const std::string request = read_some(one.client);
  if (one.swallows(Swallow::kRequests)) {
    one.client_gone = request.empty();
    return true;
  }
  if (request.empty()) return false;
  {
    const std::lock_guard lock(mutex_);
    if (plan_ != Plan::kPass && has_statement(request, plan_statement_)) {
      if (plan_ == Plan::kDelayRequest) {
        kept_request_ = request;
        kept_server_ = one.server;
        one.keeps_server = true;
        plan_ = Plan::kPass;
        return false;
      }
      one.is_losing = true;
      one.lose_after = plan_bytes_;
      one.cut = plan_cut_;
      plan_ = Plan::kPass;
    }
  }
  return suffer_mischief(one) && forward(one, one.server, request);
}

bool CuttingProxy::pass_reply(Connection& one) {
  const std::string bytes = read_some(one.server);
  if (one.swallows(Swallow::kReplies)) {
    one.server_gone = bytes.empty();
    return true;
  }
  if (bytes.empty()) return false;
  if (one.is_losing) return lose_reply(one, bytes);
  return suffer_mischief(one) && forward(one, one.client, bytes);
}

bool CuttingProxy::lose_reply(Connection& one, const std::string& bytes) {
  one.reply += bytes;
  if (!is_whole(one.reply)) return true;
  one.is_losing = false;
  const bool is_cut = one.lose_after <= one.reply.size();
  if (is_cut && refuse_after_cut_) refusing_ = true;
  has_cut_ = is_cut;
  has_replied_ = true;
  const std::string passed = std::exchange(one.reply, {}).substr(0, one.lose_after);
  return forward(one, one.client, passed) && !is_cut;
}

bool CuttingProxy::forward(Connection& one, int to, const std::string& bytes) {
  const std::chrono::milliseconds delay{delay_ms_.load()};
  if (delay.count() > 0 && wait_for_order(one, delay)) return false;
  if (!trickling_) return write_all(to, bytes);
  return std::ranges::all_of(bytes, [&](const char& byte) {
    // Long enough for the other side to read it alone.
    return !wait_for_order(one, kTricklePause) && write_all(to, {&byte, 1});
  });
}

bool CuttingProxy::suffer_mischief(Connection& one) {
  std::chrono::milliseconds pause{0};
  {
    const std::lock_guard lock(mutex_);
    std::uniform_real_distribution<double> draw{0, 1};
    if (mischief_.close > 0 && draw(random_) < mischief_.close) return false;
    if (mischief_.reset > 0 && draw(random_) < mischief_.reset) {
      one.cut = Cut::kReset;
      return false;
    }
    if (mischief_.half_open > 0 && draw(random_) < mischief_.half_open) {
      one.swallowed = static_cast<Swallow>(std::uniform_int_distribution<int>{1, 3}(random_));
      return true;  // this piece still passes
    }
    if (mischief_.delay > 0 && draw(random_) < mischief_.delay) {
      pause = mischief_.longest_delay;
    }
  }
  return pause.count() == 0 || !wait_for_order(one, pause);
}

bool CuttingProxy::wait_for_order(const Connection& one, std::chrono::nanoseconds time) {
  pollfd order{one.order, POLLIN, 0};
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec limit{whole.count(), (time - whole).count()};
  return ppoll(&order, 1, &limit, nullptr) > 0;
}

void CuttingProxy::cut_next_reply(std::size_t after_bytes, const std::string& statement, Cut how) {
  const std::lock_guard lock(mutex_);
  plan_ = Plan::kCutReply;
  plan_statement_ = statement;
  plan_bytes_ = after_bytes;
  plan_cut_ = how;
  has_cut_ = false;
  has_replied_ = false;
}

void CuttingProxy::delay_next_request(const std::string& statement) {
  const std::lock_guard lock(mutex_);
  plan_ = Plan::kDelayRequest;
  plan_statement_ = statement;
}

void CuttingProxy::deliver() {
  const std::lock_guard lock(mutex_);
  std::string reply;
  if (!write_all(kept_server_, kept_request_)) return;
  while (!is_whole(reply)) {
    const std::string bytes = read_some(kept_server_);
    if (bytes.empty()) return;
    reply += bytes;
  }
}

void CuttingProxy::cut_all(Cut how) {
  const std::lock_guard lock(mutex_);
  for (Connection& one : connections_) {
    one.cut = how;
    one.is_to_end = true;
    raise(one.order);
  }
}

void CuttingProxy::half_open_all(Swallow what) {
  const std::lock_guard lock(mutex_);
  for (Connection& one : connections_) one.swallowed = what;
}

void CuttingProxy::misbehave(const Mischief& mischief) {
  const std::lock_guard lock(mutex_);
  mischief_ = mischief;
}

void CuttingProxy::heal() {
  refuse_after_cut_ = false;
  refusing_ = false;
  swallowed_of_new_ = Swallow::kNothing;
  trickling_ = false;
  delay_ms_ = 0;
  const std::lock_guard lock(mutex_);
  plan_ = Plan::kPass;
  mischief_ = {};
  for (Connection& one : connections_) {
    if (one.swallowed.load() == Swallow::kNothing) continue;
    one.is_to_end = true;
    raise(one.order);
  }
}

}  // namespace stint::test
