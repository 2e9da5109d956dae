/// Speak HTTP to a server on this machine, properly or not.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include "base/unique_fd.hpp"

namespace stint::test {

struct HttpAnswer {
  int status = 0;  ///< 0: the server closed the connection without an answer
  std::string head = {};
  std::string body = {};
};

/// One connection to "127.0.0.1:PORT".
class HttpConnection {
 public:
  /// Throws std::runtime_error if nobody listens there.
  explicit HttpConnection(const std::string& address);

  /// Send these bytes. False: the server has closed.
  bool send(std::string_view bytes) const;
  /// Read until the server closes; an answer that does not come in `limit` is a test failure.
  HttpAnswer receive(std::chrono::milliseconds limit = std::chrono::seconds{20}) const;

 private:
  UniqueFd socket_;
};

/// Send these bytes and read the answer.
HttpAnswer http_exchange(const std::string& address, std::string_view bytes);
/// GET a path.
HttpAnswer http_get(const std::string& address, std::string_view path);

}  // namespace stint::test
