/// Speak HTTP to a server: one request after the other, over connections that are kept.
#pragma once
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace stint {

struct HttpHeader {
  std::string name;
  std::string value;  ///< never shown in errors and logs
};

/// What holds for every request of a client. Durations are in milliseconds.
struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{2000};
  std::string ca_file = {};           ///< PEM; empty: the authorities that the system trusts
  std::string certificate_file = {};  ///< the client's own, PEM; empty: none
  std::string key_file = {};          ///< its key, PEM; empty: in `certificate_file`
  bool verify = true;                 ///< the server's certificate and its name
  std::string user = {};              ///< for basic authentication; empty: none
  std::string password = {};
  std::vector<HttpHeader> headers = {};      ///< sent with every request, tokens for example
  std::size_t max_answer_bytes = 16U << 20;  ///< larger ones are errors
};

/// Send requests to a server. Connections are kept from one request to the next; redirects are
/// answers like all others; a proxy of the environment is used, but not to this machine itself.
///
/// One request at a time; the token alone may be used by other threads. It takes no signals, nor
/// does it change how they are handled.
class HttpClient final {
 public:
  struct Request {
    std::string method = "GET";
    std::string url = {};  ///< `http://` or `https://`; without user and password
    std::vector<HttpHeader> headers = {};
    std::string body = {};
    std::chrono::milliseconds timeout{5000};  ///< for all of it, looking up the name included
  };

  struct Response {
    int status = 0;
    std::map<std::string, std::string, std::less<>> headers = {};  ///< names in lower case
    std::string body = {};
  };

  /// Throws Error (kConfiguration) for a header that would be two, or a file that cannot be read.
  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  /// Send a request and return the answer, whatever its status is. Throws Error (kUnavailable,
  /// retryable) that names host, port and cause if there is none; `outcome_unknown()` says whether
  /// the server may have got the request. A request is sent once: only a GET or HEAD is repeated,
  /// if a kept connection turns out to be closed. Throws Error (kConfiguration) for a URL that is
  /// none.
  Response request(const Request& request);

  /// The same, but return nothing at once when the token asks to stop; the server may have got the
  /// request then.
  std::optional<Response> request(const Request& request, const std::stop_token& stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Percent-encode a value for a query or one part of a path: all but letters, digits and `-._~`.
std::string encode_url_part(std::string_view text);

}  // namespace stint
