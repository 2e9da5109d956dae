/// A proxy between a client and a server that does to connections what networks do.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <random>
#include <string>
#include <thread>

namespace stint::test {

/// How the proxy ends a connection, on both sides.
enum class Cut : std::uint8_t {
  kClose,  ///< in good order
  kReset,  ///< as if the machine had been started anew
};

/// Which bytes are swallowed.
enum class Swallow : std::uint8_t {
  kNothing = 0,
  kRequests = 1,  ///< the server hears nothing more
  kReplies = 2,   ///< the client hears nothing more
  kBoth = 3,
};

/// What befalls the pieces that pass, by chance: shares of 1.
struct Mischief {
  double close = 0;
  double reset = 0;
  double half_open = 0;  ///< from here on one direction, or both, are swallowed
  double delay = 0;
  std::chrono::milliseconds longest_delay{20};
};

/// Pass bytes on over loopback, until told otherwise. Knows of PostgreSQL's protocol only what ends
/// a transaction's reply and where a statement's name stands. Thread-safe.
///
/// Where a method takes a statement's name, only requests with that statement count: other threads
/// of the client, as the one that notifies, pass unharmed. Without a name it is any request.
class CuttingProxy final {
 public:
  /// Serve on a free port of 127.0.0.1. The seed is that of `misbehave`.
  CuttingProxy(std::string host, std::uint16_t port, std::uint64_t seed = 0);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  std::uint16_t port() const { return port_; }
  /// Connections that clients have open through the proxy.
  int open() const { return open_; }

  /// Let the next request through, wait for its whole reply, and cut instead of passing it on.
  void lose_next_reply(const std::string& statement = {}) { cut_next_reply(0, statement); }
  /// The same, but cut once so many of its bytes have been passed on. A shorter reply is passed on
  /// whole, and not cut.
  void cut_next_reply(std::size_t after_bytes, const std::string& statement = {},
                      Cut how = Cut::kClose);
  /// From the moment of such a cut on, refuse new connections: the server is away for longer.
  void refuse_after_cut(bool refuse) { refuse_after_cut_ = refuse; }
  /// Whether that reply has come, and whether it was cut then: it was as long, or longer.
  bool has_replied() const { return has_replied_; }
  bool has_cut() const { return has_cut_; }
  /// Keep the next request, and cut; it reaches the server with `deliver`.
  void delay_next_request(const std::string& statement = {});
  /// Let the server have the request that was kept; returns once it has answered.
  void deliver();

  /// End all connections that are open now.
  void cut_all(Cut how);
  /// Swallow what passes on the connections that are open now, their end included: who looks at one
  /// side alone sees nothing. New ones are well.
  void half_open_all(Swallow what);
  /// Take new connections and swallow all that comes; the server never hears of them.
  void swallow_new(bool swallow) {
    swallowed_of_new_ = swallow ? Swallow::kBoth : Swallow::kNothing;
  }
  /// Pass on what new connections ask, and swallow what they are answered.
  void swallow_new_replies() { swallowed_of_new_ = Swallow::kReplies; }
  /// Close every new connection at once, as a server that is away; or take them again.
  void refuse(bool refuse) { refusing_ = refuse; }
  /// How many were refused so far.
  int refused() const { return refused_; }
  /// Pass bytes on one by one, each in a packet of its own.
  void trickle(bool trickle) { trickling_ = trickle; }
  /// Hold each piece up for so long.
  void delay(std::chrono::milliseconds time) { delay_ms_ = time.count(); }
  /// Do such things by chance.
  void misbehave(const Mischief& mischief);
  /// Pass on as if nothing had been; what is half open is closed.
  void heal();

 private:
  enum class Plan : std::uint8_t { kPass, kCutReply, kDelayRequest };
  struct Connection;

  void accept_clients();
  void serve(Connection& one);
  /// Pass what a side has sent. False: the connection is over.
  bool pass_request(Connection& one);
  bool pass_reply(Connection& one);
  bool lose_reply(Connection& one, const std::string& bytes);
  bool forward(Connection& one, int to, const std::string& bytes);
  /// Do what chance wants. False: the connection is over.
  bool suffer_mischief(Connection& one);
  /// Wait until the connection is told to end, at most so long. True: it is.
  static bool wait_for_order(const Connection& one, std::chrono::nanoseconds time);
  void reap();

  const std::string server_host_;
  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int stop_event_ = -1;
  std::atomic<bool> refusing_{false};
  std::atomic<Swallow> swallowed_of_new_{Swallow::kNothing};
  std::atomic<bool> trickling_{false};
  std::atomic<std::int64_t> delay_ms_{0};
  std::atomic<bool> has_replied_{false};
  std::atomic<bool> has_cut_{false};
  std::atomic<bool> refuse_after_cut_{false};
  std::atomic<int> refused_{0};
  std::atomic<int> open_{0};
  std::thread acceptor_;

  mutable std::mutex mutex_;  // guards all below
  Plan plan_ = Plan::kPass;
  std::string plan_statement_;
  std::size_t plan_bytes_ = 0;
  Cut plan_cut_ = Cut::kClose;
  Mischief mischief_;
  std::mt19937_64 random_;
  std::list<Connection> connections_;
  std::string kept_request_;
  int kept_server_ = -1;
};

}  // namespace stint::test
