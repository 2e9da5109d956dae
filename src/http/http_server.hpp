/// A small HTTP server for a program that does something else: status pages and metrics.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stint {

struct HttpResponse {
  int status = 200;
  std::string body = {};
  std::string content_type = "text/plain; charset=utf-8";
};

struct HttpRequest {
  std::string_view path;  ///< decoded, without the query
  /// Since the request was read; above 0 for one that is asked again.
  std::chrono::nanoseconds waited{0};
};

/// Answer a GET request, on the server's thread: it must not wait. Nothing: ask again in some
/// milliseconds. What it throws is answered with 500.
using HttpHandler = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

/// What clients may take of the server.
struct HttpLimits {
  unsigned connections = 8;             ///< at once; more wait until one is closed
  std::size_t request_bytes = 8 << 10;  ///< of the request's line and headers
  std::chrono::milliseconds idle = std::chrono::seconds{5};         ///< without a byte
  std::chrono::milliseconds connection = std::chrono::seconds{10};  ///< in all
};

/// Serve one handler from construction to destruction, on one thread of its own that takes no
/// signals. Every answer closes its connection. Methods but GET get 405, requests that are none
/// 400, too large ones 414 or 431; what exceeds the limits of time is closed.
class HttpServer final {
 public:
  /// Listen at `address`, `HOST:PORT` or `[IPv6]:PORT`; port 0 chooses a free one. Throws
  /// ConfigurationError naming the address if that cannot be.
  HttpServer(std::string_view address, HttpHandler handler, HttpLimits limits = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Where it listens, with the port that was chosen: "127.0.0.1:9464".
  const std::string& address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stint
