#include "backends/influxdb/influx_sink.hpp"
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "backends/influxdb/gzip.hpp"
#include "backends/influxdb/line_protocol.hpp"
#include "base/utf8.hpp"
#include "http/http_client.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint::influxdb {
namespace {

constexpr std::size_t kGzipAbove = 1024;
constexpr std::size_t kLongestCause = 300;
constexpr std::size_t kMostAnswerBytes = 64UL * 1024;

// Where to, and as whom: one of the two APIs.
struct Target {
  std::string url;
  std::string server;  // for errors
  std::string place;   // `database "metrics"`
  HttpClientOptions client = {};
};

std::string text(const BackendOptions& options, std::string_view name) {
  return options.find<std::string>(name).value_or("");
}

[[noreturn]] void refuse(const BackendOptions& options, const std::string& problem) {
  throw ConfigurationError{{fmt::format("[{}] {}", options.table, problem)}};
}

void check(const BackendOptions& options) {
  std::vector<std::string> missing;
  std::vector<std::string> present;
  for (const std::string name : {"org", "bucket", "token"}) {
    (text(options, name).empty() ? missing : present).push_back(name);
  }
  const bool is_first = !text(options, "database").empty();
  if (is_first && !present.empty()) {
    refuse(options, fmt::format("has database, for InfluxDB 1.x, and {}, for 2.x: leave one out",
                                present.front()));
  }
  if (is_first) return;
  if (present.empty()) {
    refuse(options,
           "says not where to: set database for InfluxDB 1.x, or org, bucket and token "
           "for 2.x");
  }
  if (!missing.empty()) {
    refuse(options,
           fmt::format("lacks {}: InfluxDB 2.x needs org, bucket and token", missing.front()));
  }
}

Target target_of(const BackendOptions& options) {
  check(options);
  const auto host = options.get<std::string>("host");
  const bool is_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  Target target;
  target.server = fmt::format("{}://{}:{}", options.get<std::string>("scheme"),
                              is_ipv6 ? "[" + host + "]" : host, options.get<int>("port"));
  target.client.connect_timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout);
  target.client.ca_file = text(options, "ca_file");
  target.client.max_answer_bytes = kMostAnswerBytes;
  const std::string database = text(options, "database");
  if (database.empty()) {
    const std::string bucket = text(options, "bucket");
    target.url = fmt::format("{}/api/v2/write?org={}&bucket={}&precision=ns", target.server,
                             encode_url_part(text(options, "org")), encode_url_part(bucket));
    target.place = fmt::format("bucket \"{}\"", bucket);
    target.client.headers = {{"Authorization", "Token " + text(options, "token")}};
  } else {
    target.url =
        fmt::format("{}/write?db={}&precision=ns", target.server, encode_url_part(database));
    target.place = fmt::format("database \"{}\"", database);
    target.client.user = text(options, "username");
    target.client.password = text(options, "password");
  }
  return target;
}

// 1.x answers {"error": ...}, 2.x {"code": ..., "message": ...}; a proxy whatever it likes.
std::string cause_of(const HttpClient::Response& response) {
  const json body = json::parse(response.body, nullptr, false);
  std::string cause;
  for (const char* name : {"error", "message"}) {
    if (body.is_object() && body.contains(name) && body[name].is_string()) cause = body[name];
  }
  if (cause.empty()) cause = response.body;
  cause.resize(std::min(cause.size(), kLongestCause));
  cause = sanitize_text(cause);
  while (!cause.empty() && (cause.back() == '\n' || cause.back() == '\r')) cause.pop_back();
  return cause.empty() ? fmt::format("status {}", response.status)
                       : fmt::format("status {}: {}", response.status, cause);
}

class InfluxSink final : public MetricsSink {
 public:
  InfluxSink(Target target, std::chrono::milliseconds timeout)
      : target_(std::move(target)), timeout_(timeout), client_(target_.client) {}

  void push(std::span<const Metric> metrics) override {
    std::string body = lines_of(metrics);
    if (body.empty()) return;
    std::vector<HttpHeader> headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    if (body.size() > kGzipAbove) {
      body = gzip(body);
      headers.push_back({"Content-Encoding", "gzip"});
    }
    check(client_.request({.method = "POST",
                           .url = target_.url,
                           .headers = std::move(headers),
                           .body = std::move(body),
                           .timeout = timeout_}));
  }

 private:
  void check(const HttpClient::Response& response) const {
    constexpr int kTooMany = 429;
    if (response.status / 100 == 2) return;
    const bool is_ours = response.status / 100 == 4 && response.status != kTooMany;
    throw Error{is_ours ? ErrorCode::kConfiguration : ErrorCode::kUnavailable,
                fmt::format("InfluxDB at {} does not take metrics for {}: {}{}", target_.server,
                            target_.place, cause_of(response), way_out(response.status)),
                Error::Details{.retryable = !is_ours,
                               .backend = "influxdb",
                               .native_code = std::to_string(response.status)}};
  }

  std::string_view way_out(int status) const {
    constexpr int kUnauthorized = 401;
    constexpr int kForbidden = 403;
    constexpr int kNotFound = 404;
    const bool is_first = !target_.client.user.empty() || target_.client.headers.empty();
    if (status == kUnauthorized || status == kForbidden) {
      return is_first ? "; check username and password" : "; check the token";
    }
    if (status == kNotFound) return "; create it there";
    return "";
  }

  const Target target_;
  const std::chrono::milliseconds timeout_;
  HttpClient client_;
};

}  // namespace

std::unique_ptr<MetricsSink> make_sink(const BackendOptions& options) {
  return std::make_unique<InfluxSink>(
      target_of(options), std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout));
}

}  // namespace stint::influxdb
