#include "backends/redis/server.hpp"
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "base/log.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint::redis {
namespace {

constexpr std::string_view kForm = "write redis://user:password@host:6379/0";
constexpr std::size_t kLongestName = 512;

int database_of(const Url& url, std::string_view text) {
  if (url.path.empty() || url.path == "/") return 0;
  const std::string digits = url.path.substr(1);
  int database = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, database);
  if (error != std::errc{} || rest != end || database < 0) {
    throw url_error(text, "has no number of a database behind the host", kForm);
  }
  return database;
}

void take_url(const std::string& text, Server& server) {
  const Url url = parse_url(text);
  if (url.scheme == "rediss") {
    throw url_error(text, "asks for TLS, which Stint does not speak to Redis",
                    "use redis:// over a tunnel, or another backend where the net is not yours");
  }
  if (url.scheme != "redis" && url.scheme != "valkey") {
    throw url_error(text, "is not one of Redis", kForm);
  }
  if (url.host.find(',') != std::string::npos) {
    throw url_error(text, "names several hosts", "name the one that is the master");
  }
  if (!url.parameters.empty()) {
    throw url_error(text,
                    fmt::format("has the parameter \"{}\"", sanitize_text(url.parameters[0].name)),
                    "use the settings beside `url`");
  }
  if (!url.user.empty() && url.password.empty()) {
    throw url_error(text, "names a user without a password", kForm);
  }
  if (!url.host.empty()) server.host = url.host;
  server.port = url.port.value_or(server.port);
  server.user = url.user;
  server.password = url.password;
  server.database = database_of(url, text);
}

class Reader final {
 public:
  explicit Reader(const BackendOptions& from) : from_(from) {}

  Server read_server() {
    Server server;
    server.timeout = from_.timeout;
    if (const auto url = from_.find<std::string>("url")) {
      for (const std::string_view part : {"host", "port", "db", "username", "password"}) {
        if (!is_chosen(part)) continue;
        add("url", fmt::format("`url` and `{}` are both set", part), "keep one of them");
      }
      try {
        take_url(*url, server);
      } catch (const Error& error) {
        problems_.push_back(fmt::format("{}.url: {}", from_.table, error.what()));
      }
      return server;
    }
    take_parts(server);
    return server;
  }

  std::string read_name() {
    const std::string& name = from_.key;
    const std::string shown = escape_controls(sanitize_text(name));
    if (name.empty()) add("key", "it is empty", "write a name such as \"stint/{task}\"");
    if (!is_valid_utf8(name) || has_nul(name)) {
      add("key", fmt::format("\"{}\" is no text", shown), "write UTF-8 without NUL");
    }
    if (name.size() > kLongestName) {
      add("key", fmt::format("it has {} bytes", name.size()),
          fmt::format("write {} at most", kLongestName));
    }
    return name;
  }

  void check() {
    if (!problems_.empty()) throw ConfigurationError{std::move(problems_)};
  }

 private:
  bool is_chosen(std::string_view name) const {
    const std::string source = from_.settings.source(from_.table + "." + std::string{name});
    return source != "default" && source != "not set";
  }

  void take_parts(Server& server) {
    server.host = from_.find<std::string>("host").value_or(server.host);
    server.port = from_.find<std::uint16_t>("port").value_or(server.port);
    server.database = from_.find<int>("db").value_or(0);
    server.user = from_.find<std::string>("username").value_or("");
    server.password = from_.find<std::string>("password").value_or("");
    if (server.host.empty() || server.host.find_first_of("/@?#[], \t\r\n") != std::string::npos) {
      add("host", fmt::format("\"{}\" is no name of a host", escape_controls(server.host)),
          "write a name or an address alone; `url` takes redis://HOST:PORT");
    }
    if (!server.user.empty() && server.password.empty()) {
      add("username", "there is no password", "set `password`");
    }
  }

  void add(std::string_view name, std::string_view cause, std::string_view way_out) {
    problems_.push_back(fmt::format("{}.{}: {}; {}", from_.table, name, cause, way_out));
  }

  const BackendOptions& from_;
  std::vector<std::string> problems_;
};

}  // namespace

std::string Server::place() const {
  const bool is_address = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_address ? "[" : "", host, is_address ? "]" : "", port);
}

Server read_server(const BackendOptions& options) {
  Reader reader{options};
  Server server = reader.read_server();
  reader.read_name();
  reader.check();
  return server;
}

LockSettings read_lock_settings(const BackendOptions& options) {
  return {.server = read_server(options),
          .name = options.key,
          .has_restart_guard = options.find<bool>("restart_guard").value_or(true),
          .wait_replicas = options.find<int>("wait_replicas").value_or(0)};
}

}  // namespace stint::redis
