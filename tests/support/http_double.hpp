/// Stand for a server that is spoken to over HTTP, in good health or not.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
#include "base/unique_fd.hpp"

namespace stint::test {

/// A request as it came.
struct DoubleRequest {
  std::string method = {};
  std::string target = {};                          ///< path and query, undecoded
  std::map<std::string, std::string> headers = {};  ///< names in lower case
  std::string body = {};
  int connection = 0;  ///< counted from 1 in the order in which they were opened
};

/// What the double does about a request.
struct DoubleReply {
  int status = 200;
  std::string body = {};
  std::map<std::string, std::string> headers = {};
  enum class Way : std::uint8_t {
    kAnswer,       ///< and keep the connection
    kAnswerClose,  ///< and close the connection without announcing it
    kClose,        ///< close it without a word
    kHang,         ///< say nothing until the client leaves
  };
  Way way = Way::kAnswer;
};

/// Serve on a free port of 127.0.0.1, each connection on a thread of its own. Knows
/// `Content-Length` alone. Thread-safe.
class HttpDouble final {
 public:
  using Handler = std::function<DoubleReply(const DoubleRequest&)>;

  /// The handler is called by several threads.
  explicit HttpDouble(Handler handler);
  ~HttpDouble();
  HttpDouble(const HttpDouble&) = delete;
  HttpDouble& operator=(const HttpDouble&) = delete;

  std::uint16_t port() const { return port_; }
  /// "http://127.0.0.1:PORT", and a path.
  std::string url(std::string_view path = "/") const;
  /// What has come so far.
  std::vector<DoubleRequest> requests() const;
  int connections() const;

 private:
  void accept_all();
  void serve(int socket, int number);
  std::optional<DoubleRequest> read_request(int socket, std::string& buffer) const;

  const Handler handler_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<DoubleRequest> requests_;  // these three: guarded by the mutex
  std::vector<UniqueFd> sockets_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace stint::test
