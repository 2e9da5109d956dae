#include "backends/consul/options.hpp"
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "base/log.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint::consul {
namespace {

constexpr std::uint16_t kPlainPort = 8500;
constexpr std::uint16_t kTlsPort = 8501;

std::string server_url(std::string_view scheme, const std::string& host, int port) {
  const bool is_address = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, is_address ? "[" : "", host, is_address ? "]" : "",
                     port);
}

class Reader final {
 public:
  explicit Reader(const BackendOptions& from) : from_(from) {}

  Options read() {
    Options options{
        .url = read_url(),
        .datacenter = from_.find<std::string>("dc").value_or(""),
        .token = from_.find<std::string>("token").value_or(""),
        .ca_file = from_.find<std::string>("ca_file").value_or(""),
        .certificate_file = from_.find<std::string>("certificate_file").value_or(""),
        .key_file = from_.find<std::string>("private_key_file").value_or(""),
        .key = from_.key,
        .table = from_.table,
        .timeout = std::max(std::chrono::milliseconds{1},
                            std::chrono::ceil<std::chrono::milliseconds>(from_.timeout))};
    check_key();
    if (!problems_.empty()) throw ConfigurationError{std::move(problems_)};
    return options;
  }

 private:
  bool is_chosen(std::string_view name) const {
    const std::string source = from_.settings.source(from_.table + "." + std::string{name});
    return source != "default" && source != "not set";
  }

  std::string read_url() {
    const std::optional<std::string> url = from_.find<std::string>("url");
    if (!url) {
      const std::string host = from_.find<std::string>("host").value_or("127.0.0.1");
      if (host.empty() || host.find_first_of("/@?#[] \t\r\n") != std::string::npos) {
        add("host", fmt::format("\"{}\" is no name of a host", escape_controls(host)),
            "write a name or an address alone; `url` takes http://HOST:PORT");
      }
      return server_url(from_.find<std::string>("scheme").value_or("http"), host,
                        from_.find<int>("port").value_or(kPlainPort));
    }
    for (const std::string_view other : {"host", "port", "scheme"}) {
      if (is_chosen(other)) {
        add("url", fmt::format("`url` and `{}` are both set", other), "keep one of them");
      }
    }
    try {
      return checked_url(*url);
    } catch (const Error& error) {
      problems_.push_back(fmt::format("{}.url: {}", from_.table, error.what()));
      return {};
    }
  }

  std::string checked_url(const std::string& text) const {
    constexpr std::string_view kWayOut = "write http://HOST:PORT or https://HOST:PORT";
    const Url url = parse_url(text);
    if (url.scheme != "http" && url.scheme != "https") {
      throw url_error(text, "Consul is spoken to by http or https", kWayOut);
    }
    if (!url.user.empty() || !url.password.empty()) {
      throw url_error(text, "it has a user or a password", "the ACL token is the setting `token`");
    }
    if (url.host.empty() || url.host.find(',') != std::string::npos) {
      throw url_error(text, "it does not name one host", kWayOut);
    }
    if ((!url.path.empty() && url.path != "/") || !url.parameters.empty()) {
      throw url_error(text, "something follows the host", kWayOut);
    }
    return server_url(url.scheme, url.host,
                      url.port.value_or(url.scheme == "https" ? kTlsPort : kPlainPort));
  }

  // Consul's server redirects a path with such a part to another key.
  void check_key() {
    const std::string shown = escape_controls(sanitize_text(from_.key));
    if (from_.key.empty() || !is_valid_utf8(from_.key) || has_nul(from_.key)) {
      add("key", fmt::format("\"{}\" is no key", shown), "write a text such as \"stint/{task}\"");
      return;
    }
    if (from_.key.starts_with('/')) {
      add("key", fmt::format("\"{}\" begins with a slash, which Consul does not take", shown),
          fmt::format("write \"{}\"", shown.substr(1)));
      return;
    }
    std::string_view rest = from_.key;
    while (true) {
      const std::string_view part = rest.substr(0, rest.find('/'));
      if (part.empty() || part == "." || part == "..") {
        add("key", fmt::format("\"{}\" has the part \"{}\" between slashes", shown, part),
            "leave it out");
        return;
      }
      if (part.size() == rest.size()) return;
      rest.remove_prefix(part.size() + 1);
    }
  }

  void add(std::string_view name, std::string_view cause, std::string_view way_out) {
    problems_.push_back(fmt::format("{}.{}: {}; {}", from_.table, name, cause, way_out));
  }

  const BackendOptions& from_;
  std::vector<std::string> problems_;
};

}  // namespace

Options read_options(const BackendOptions& options) { return Reader{options}.read(); }

}  // namespace stint::consul
