// The contract of metrics sinks. That values arrive as they should is for the tests of each.
#include "stint/contract/metrics_contract.hpp"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <memory>
#include <string>
#include <fmt/format.h>
#include "backends/dummy/dummy_metrics.hpp"
#include "backends/influxdb/influx_sink.hpp"
#include "backends/prometheus/textfile_sink.hpp"
#include "backends/statsd/statsd_sink.hpp"
#include "base/unique_fd.hpp"
#include "base/url.hpp"
#include "base/uuid.hpp"
#include "http/http_client.hpp"
#include "stint/json.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"

namespace stint::contract {
namespace {

BackendOptions options_of(const std::string& backend, const std::string& settings) {
  const std::string table = "metrics." + backend;
  return {.settings = load_settings(
              LoadOptions{.toml = "[" + table + "]\n" + settings + "\n", .use_environment = false}),
          .table = table};
}

/// Goes with the folder or the socket that it was made for.
template <typename Place>
class SinkWith final : public MetricsSink {
 public:
  SinkWith(std::shared_ptr<Place> place, std::unique_ptr<MetricsSink> sink)
      : place_(std::move(place)), sink_(std::move(sink)) {}
  void push(std::span<const Metric> metrics) override { sink_->push(metrics); }

 private:
  std::shared_ptr<Place> place_;
  std::unique_ptr<MetricsSink> sink_;
};

std::unique_ptr<MetricsSink> textfile_sink() {
  auto folder = std::make_shared<test::TemporaryFolder>();
  auto sink = prometheus::make_sink(options_of(
      "prometheus", fmt::format("file = \"{}\"", (folder->path() / "stint.prom").string())));
  return std::make_unique<SinkWith<test::TemporaryFolder>>(folder, std::move(sink));
}

std::unique_ptr<MetricsSink> statsd_sink() {
  auto socket = std::make_shared<UniqueFd>(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT: the system's own way
  if (::bind(socket->get(), generic, size) != 0 ||
      ::getsockname(socket->get(), generic, &size) != 0) {
    throw std::runtime_error{"no socket for datagrams"};
  }
  auto sink = statsd::make_sink(options_of(
      "statsd", fmt::format("host = \"127.0.0.1\"\nport = {}", ntohs(address.sin_port))));
  return std::make_unique<SinkWith<UniqueFd>>(socket, std::move(sink));
}

/// A database of InfluxDB for one sink.
class InfluxDatabase final {
 public:
  InfluxDatabase() { ask("POST", "create database " + name_); }
  ~InfluxDatabase() { ask("POST", "drop database " + name_); }
  InfluxDatabase(const InfluxDatabase&) = delete;
  InfluxDatabase& operator=(const InfluxDatabase&) = delete;

  std::unique_ptr<MetricsSink> sink() const {
    const Url url = parse_url(address());
    return influxdb::make_sink(
        options_of("influxdb", fmt::format("host = \"{}\"\nport = {}\ndatabase = \"{}\"", url.host,
                                           url.port.value(), name_)));
  }

  int count(const std::string& metric) {
    const json answer = ask("GET", fmt::format("select count(value) from {}", metric));
    const json& result = answer.at("results").at(0);
    if (!result.contains("series")) return 0;
    return result["series"][0]["values"][0][1].get<int>();
  }

  static std::string address() {
    std::string missing;
    return test::server_address("influxdb", missing).value_or("");
  }

 private:
  json ask(const std::string& method, const std::string& statement) {
    const auto answer = client_.request(
        {.method = method,
         .url = fmt::format("{}/query?db={}&q={}", address(), name_, encode_url_part(statement))});
    return json::parse(answer.body);
  }

  const std::string name_ = "stint_" + random_uuid().substr(0, 8) + "_contract";
  HttpClient client_;
};

// Of the test that runs.
std::weak_ptr<InfluxDatabase>& present_database() {
  static std::weak_ptr<InfluxDatabase> database;
  return database;
}

MetricsPlace influxdb_place() {
  return {.name = "influxdb",
          .make_sink =
              [] {
                auto database = std::make_shared<InfluxDatabase>();
                present_database() = database;
                auto sink = database->sink();
                return std::make_unique<SinkWith<InfluxDatabase>>(database, std::move(sink));
              },
          .count_arrived =
              [](const std::string& metric, int /*at_least*/) {
                const auto database = present_database().lock();
                return database ? database->count(metric) : -1;
              },
          .find_obstacle =
              [] {
                std::string missing;
                test::server_address("influxdb", missing);
                return missing;
              }};
}

INSTANTIATE_TEST_SUITE_P(InfluxDb, MetricsContract, testing::Values(influxdb_place()));
INSTANTIATE_TEST_SUITE_P(Dummy, MetricsContract,
                         testing::Values(MetricsPlace{
                             .name = "dummy", .make_sink = [] { return make_dummy_metrics({}); }}));
INSTANTIATE_TEST_SUITE_P(Prometheus, MetricsContract,
                         testing::Values(MetricsPlace{.name = "prometheus",
                                                      .make_sink = textfile_sink}));
INSTANTIATE_TEST_SUITE_P(Statsd, MetricsContract,
                         testing::Values(MetricsPlace{.name = "statsd", .make_sink = statsd_sink}));

}  // namespace
}  // namespace stint::contract
