#include "http/http_client.hpp"
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <utility>
#include <curl/curl.h>
#include <fmt/format.h>
#include "base/errno_text.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

// The longest wait between two looks; a stop ends it earlier.
constexpr int kPollMilliseconds = 1000;
constexpr std::size_t kMostHeaderBytes = 64UL * 1024;

struct FreeEasy {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const { ::curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { ::curl_free(text); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

// Where a request goes to, fit for errors: no path, no query.
struct Target {
  std::string name;  // "http://127.0.0.1:8500"
  bool is_loopback = false;
};

Error bad_url(std::string_view cause) {
  return Error{ErrorCode::kConfiguration,
               fmt::format("an HTTP request has a URL that cannot be used: {}; write "
                           "http://HOST:PORT/ or https://HOST:PORT/, user and password apart",
                           cause)};
}

std::string part_of(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (::curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
  const std::unique_ptr<char, FreeText> owned{text};
  return text;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "[::1]";
}

Target target_of(const std::string& text) {
  const std::unique_ptr<CURLU, FreeUrl> url{::curl_url()};
  const CURLUcode code = ::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) throw bad_url(::curl_url_strerror(code));
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME, 0);
  const std::string host = part_of(url.get(), CURLUPART_HOST, 0);
  if (scheme != "http" && scheme != "https") throw bad_url("its scheme is \"" + scheme + "\"");
  if (!part_of(url.get(), CURLUPART_USER, 0).empty() ||
      !part_of(url.get(), CURLUPART_PASSWORD, 0).empty()) {
    throw bad_url("it holds a user or a password");
  }
  return {.name = fmt::format("{}://{}:{}", scheme, host,
                              part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)),
          .is_loopback = is_loopback(host)};
}

void check_header(const HttpHeader& header) {
  const auto ends_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  const bool is_name = !header.name.empty() && std::ranges::all_of(header.name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
  if (is_name && std::ranges::none_of(header.value, ends_line)) return;
  throw Error{
      ErrorCode::kConfiguration,
      fmt::format("the HTTP header \"{}\" cannot be sent: its {}", sanitize_text(header.name),
                  is_name ? "value holds the end of a line" : "name is none")};
}

void check_file(std::string_view what, const std::string& path) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
  throw Error{ErrorCode::kConfiguration,
              fmt::format("{} \"{}\" cannot be read: {}", what, path, errno_text(errno))};
}

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// Children that tasks start get none of our connections.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// What one request gathers; the callbacks of libcurl write to it.
struct Exchange {
  explicit Exchange(std::size_t limit, bool repeatable)
      : max_bytes(limit), may_repeat(repeatable) {}
  std::size_t max_bytes;
  bool may_repeat;
  int times_sent = 0;
  bool is_too_large = false;
  std::size_t header_bytes = 0;
  HttpClient::Response response = {};
};

std::size_t take_body(const char* data, std::size_t, std::size_t size, void* to) {
  auto& exchange = *static_cast<Exchange*>(to);
  if (size > exchange.max_bytes - exchange.response.body.size()) {
    exchange.is_too_large = true;
    return 0;
  }
  exchange.response.body.append(data, size);
  return size;
}

std::size_t take_header(const char* data, std::size_t, std::size_t size, void* to) {
  auto& exchange = *static_cast<Exchange*>(to);
  exchange.header_bytes += size;
  if (exchange.header_bytes > kMostHeaderBytes) {
    exchange.is_too_large = true;
    return 0;
  }
  const std::string_view line{data, size};
  if (line.starts_with("HTTP/")) exchange.response.headers.clear();  // of a provisional answer
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name{line.substr(0, colon)};
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  exchange.response.headers[std::move(name)] = value;
  return size;
}

// Called when a connection stands, just before the request goes out.
int before_sending(void* of, char*, char*, int, int) {
  auto& exchange = *static_cast<Exchange*>(of);
  // libcurl sends a request anew when a kept connection was closed under it. The server may have
  // acted on the first one.
  if (exchange.times_sent > 0 && !exchange.may_repeat) return CURL_PREREQFUNC_ABORT;
  ++exchange.times_sent;
  return CURL_PREREQFUNC_OK;
}

void set(CURL* handle, CURLoption option, long value) { ::curl_easy_setopt(handle, option, value); }
void set(CURL* handle, CURLoption option, const std::string& value) {
  if (!value.empty()) ::curl_easy_setopt(handle, option, value.c_str());
}

void apply(CURL* handle, const HttpClientOptions& options) {
  set(handle, CURLOPT_NOSIGNAL, 1);
  set(handle, CURLOPT_FOLLOWLOCATION, 0);
  set(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  set(handle, CURLOPT_TCP_KEEPALIVE, 1);
  // A name that does not resolve must not keep the request beyond its time.
  set(handle, CURLOPT_QUICK_EXIT, 1);
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  set(handle, CURLOPT_SSL_VERIFYPEER, options.verify ? 1 : 0);
  set(handle, CURLOPT_SSL_VERIFYHOST, options.verify ? 2 : 0);
  set(handle, CURLOPT_CAINFO, options.ca_file);
  set(handle, CURLOPT_SSLCERT, options.certificate_file);
  set(handle, CURLOPT_SSLKEY, options.key_file);
  if (!options.user.empty()) {
    set(handle, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    ::curl_easy_setopt(handle, CURLOPT_USERNAME, options.user.c_str());
    ::curl_easy_setopt(handle, CURLOPT_PASSWORD, options.password.c_str());
  }
  ::curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &take_body);
  ::curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &take_header);
  ::curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &before_sending);
}

void apply(CURL* handle, const HttpClient::Request& request, const Target& target) {
  set(handle, CURLOPT_URL, request.url);
  set(handle, CURLOPT_TIMEOUT_MS,
      static_cast<long>(std::max<std::int64_t>(request.timeout.count(), 1)));
  if (target.is_loopback) ::curl_easy_setopt(handle, CURLOPT_PROXY, "");
  if (request.method == "GET" && request.body.empty()) {
    set(handle, CURLOPT_HTTPGET, 1);
  } else if (request.method == "HEAD") {
    set(handle, CURLOPT_NOBODY, 1);
  } else {
    ::curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
    ::curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    set(handle, CURLOPT_CUSTOMREQUEST, request.method);
  }
}

std::string tls_cause(const char* detail) {
  constexpr std::string_view kPrefix = "SSL: ";
  std::string_view text{detail};
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return text.empty() ? "the TLS handshake failed" : "TLS: " + sanitize_text(text);
}

// These do not pass by themselves.
bool is_certificate_problem(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR;
}

std::string cause_of(CURL* handle, CURLcode code, const char* detail) {
  long system_error = 0;
  ::curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &system_error);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "the name was not found";
    case CURLE_COULDNT_CONNECT:
      return system_error != 0 ? errno_text(static_cast<int>(system_error))
                               : std::string{::curl_easy_strerror(code)};
    case CURLE_OPERATION_TIMEDOUT:
      return "timed out";
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return "the connection was closed before the answer was complete";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return tls_cause(detail);
    default:
      return ::curl_easy_strerror(code);
  }
}

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(HttpClientOptions options) : options_(std::move(options)) {
    for (const HttpHeader& header : options_.headers) check_header(header);
    check_file("the file of trusted certificates", options_.ca_file);
    check_file("the certificate", options_.certificate_file);
    check_file("the key", options_.key_file);
    start_curl();
    easy_.reset(::curl_easy_init());
    multi_.reset(::curl_multi_init());
    if (!easy_ || !multi_) throw std::bad_alloc{};
  }

  std::optional<Response> request(const Request& request, const std::stop_token& stop) {
    const Target target = target_of(request.url);
    const HeaderList headers = make_headers(request);
    Exchange exchange{options_.max_answer_bytes,
                      request.method == "GET" || request.method == "HEAD"};
    std::array<char, CURL_ERROR_SIZE> detail{};
    CURL* handle = easy_.get();
    ::curl_easy_reset(handle);  // of options only: connections stay
    apply(handle, options_);
    apply(handle, request, target);
    ::curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
    ::curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
    ::curl_easy_setopt(handle, CURLOPT_PREREQDATA, &exchange);
    ::curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail.data());
    const std::optional<CURLcode> code = run(stop);
    ::curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
    if (!code) return std::nullopt;
    if (*code != CURLE_OK) throw failure(target, *code, exchange, detail.data());
    long status = 0;
    ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
  }

 private:
  HeaderList make_headers(const Request& request) const {
    HeaderList list;
    const auto add = [&](const std::string& line) {
      curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
      if (longer == nullptr) throw std::bad_alloc{};
      // The first call makes the list, later ones make it longer in place.
      if (!list) list.reset(longer);
    };
    // Headers of libcurl's own accord: a wait for leave to send, and a form that this is not.
    add("Expect:");
    const auto is_type = [](const HttpHeader& header) { return header.name == "Content-Type"; };
    if (std::ranges::none_of(request.headers, is_type)) add("Content-Type:");
    for (const HttpHeader& header : request.headers) check_header(header);
    for (const auto* some : {&options_.headers, &request.headers}) {
      for (const HttpHeader& header : *some) {
        // "Name:" would take a header away; "Name;" sends one without a value.
        add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
      }
    }
    return list;
  }

  // Nothing: asked to stop.
  std::optional<CURLcode> run(const std::stop_token& stop) {
    ::curl_multi_add_handle(multi_.get(), easy_.get());
    std::optional<CURLcode> code;
    {
      const std::stop_callback wake{stop, [this] { ::curl_multi_wakeup(multi_.get()); }};
      while (!stop.stop_requested()) {
        int running = 0;
        const CURLMcode result = ::curl_multi_perform(multi_.get(), &running);
        if (result != CURLM_OK) code = CURLE_FAILED_INIT;
        int left = 0;
        while (const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &left)) {
          if (message->msg == CURLMSG_DONE) code = message->data.result;
        }
        if (code) break;
        ::curl_multi_poll(multi_.get(), nullptr, 0, kPollMilliseconds, nullptr);
      }
    }
    ::curl_multi_remove_handle(multi_.get(), easy_.get());
    return code;
  }

  Error failure(const Target& target, CURLcode code, const Exchange& exchange,
                const char* detail) const {
    std::string cause = cause_of(easy_.get(), code, detail);
    if (exchange.is_too_large) {
      cause = fmt::format("the answer is larger than {} bytes", exchange.max_bytes);
    }
    return Error{
        ErrorCode::kUnavailable, fmt::format("{} gave no answer: {}", target.name, cause),
        Error::Details{.retryable = !exchange.is_too_large && !is_certificate_problem(code),
                       .outcome_unknown = exchange.times_sent > 0,
                       .backend = "http",
                       .native_code = fmt::format("CURLE {}", static_cast<int>(code))}};
  }

  const HttpClientOptions options_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
};

HttpClient::HttpClient(HttpClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

HttpClient::Response HttpClient::request(const Request& request) {
  return impl_->request(request, std::stop_token{}).value();
}

std::optional<HttpClient::Response> HttpClient::request(const Request& request,
                                                        const std::stop_token& stop) {
  return impl_->request(request, stop);
}

std::string encode_url_part(std::string_view text) {
  constexpr std::string_view kPlain = "-._~";
  std::string result;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        kPlain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

}  // namespace stint
