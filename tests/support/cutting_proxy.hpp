/// A proxy between a client and a server that cuts connections at chosen moments.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace stint::test {

/// Pass bytes on over loopback, until told otherwise. Knows of PostgreSQL's protocol only what ends
/// a transaction's reply.
class CuttingProxy final {
 public:
  /// Serve on a free port of 127.0.0.1.
  CuttingProxy(std::string host, std::uint16_t port);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  std::uint16_t port() const { return port_; }

  /// Let the next request through, wait for its whole reply, and cut instead of passing it on.
  void lose_next_reply() { mode_ = Mode::kLoseReply; }
  /// Keep the next request, and cut; it reaches the server with `deliver`.
  void delay_next_request() { mode_ = Mode::kDelayRequest; }
  /// Close every new connection at once, as a server that is away; or take them again.
  void refuse(bool refuse) { refusing_ = refuse; }
  /// Let the server have the request that was kept; returns once it has answered.
  void deliver();

 private:
  enum class Mode { kPass, kLoseReply, kDelayRequest };

  void accept_clients();
  void serve(int client);

  const std::string server_host_;
  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int stop_event_ = -1;
  std::atomic<Mode> mode_{Mode::kPass};
  std::atomic<bool> refusing_{false};
  std::thread acceptor_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;  // one a client; guarded by mutex_
  std::string kept_request_;          // guarded by mutex_
  int kept_server_ = -1;              // guarded by mutex_
};

}  // namespace stint::test
