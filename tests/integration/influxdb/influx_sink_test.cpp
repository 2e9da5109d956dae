// What a real InfluxDB 1.x makes of what is pushed.
#include "backends/influxdb/influx_sink.hpp"
#include <unistd.h>
#include <atomic>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/url.hpp"
#include "http/http_client.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"
#include "support/server_process.hpp"
#include "support/settings_loading.hpp"

namespace stint::influxdb {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class InfluxServer : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    const auto address = test::server_address("influxdb", missing);
    if (!address) GTEST_SKIP() << missing;
    address_ = *address;
    run("POST", fmt::format("create database {}", database_));
  }
  ~InfluxServer() override {
    if (!address_.empty()) run("POST", fmt::format("drop database {}", database_));
  }

  json run(const std::string& method, const std::string& statement) {
    const auto answer =
        client_.request({.method = method,
                         .url = fmt::format("{}/query?db={}&epoch=ns&q={}", address_, database_,
                                            encode_url_part(statement))});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body).at("results").at(0);
  }

  std::unique_ptr<MetricsSink> sink(const std::string& database) const {
    const Url url = parse_url(address_);
    const std::string toml =
        fmt::format("[metrics.influxdb]\nhost = \"{}\"\nport = {}\ndatabase = \"{}\"\n", url.host,
                    url.port.value(), database);
    return make_sink({.settings = testing::load(testing::from_toml(toml)).settings,
                      .table = "metrics.influxdb",
                      .timeout = 5s});
  }

  static std::string unique_name() {
    static std::atomic<int> count = 0;
    return fmt::format("stint_{}_{}", ::getpid(), ++count);
  }

  std::string address_;
  const std::string database_ = unique_name();
  HttpClient client_;
};

TEST_F(InfluxServer, TakesTheMetricsOfARun) {
  const Metric metric{
      .name = "job_duration_seconds",
      .value = 1.5,
      .tags = {{"task", "example.hello"}, {"type", "task"}, {"status", "succeeded"}},
      .kind = MetricKind::kTimer,
      .time = std::chrono::system_clock::from_time_t(1'600'000'000) + 123ns};
  sink(database_)->push({&metric, 1});
  const json series = run("GET", "select * from job_duration_seconds").at("series").at(0);
  EXPECT_EQ(series["columns"], json({"time", "status", "task", "type", "value"}));
  EXPECT_EQ(series["values"],
            json::parse(R"([[1600000000000000123, "succeeded", "example.hello", "task", 1.5]])"));
}

TEST_F(InfluxServer, GivesHostileTagsBack) {
  std::vector<Metric> metrics;
  const std::vector<std::string> texts = {
      "a, =b", "a\\ b", "\\,x",          "\"quoted\"", "c\xC3\xA4\xE2\x82\xAC",
      "#",     "'",     "a=b,c=d e=1 5", "{}",         "\\"};
  metrics.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    metrics.push_back(
        {.name = "hostile, name\\ =x",
         .value = static_cast<double>(i),
         .tags = {{"tag, =\\ name", texts[i]}},
         .time = std::chrono::system_clock::from_time_t(1'600'000'000) + std::chrono::seconds{i}});
  }
  sink(database_)->push(metrics);
  const json series = run("GET", "select * from /.*/ order by time").at("series").at(0);
  EXPECT_EQ(series["name"], "hostile, name/ =x");
  EXPECT_EQ(series["columns"], json({"time", "tag, =\\ name", "value"}));
  ASSERT_EQ(series["values"].size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(series["values"][i][1], i + 1 < texts.size() ? texts[i] : "/");
    EXPECT_EQ(series["values"][i][2], i);
  }
}

TEST_F(InfluxServer, TakesALargeCompressedBatch) {
  std::vector<Metric> metrics;
  metrics.reserve(5000);
  for (int i = 0; i < 5000; ++i) {
    metrics.push_back({.name = "rows",
                       .value = i + 0.5,
                       .tags = {{"task", "x"}},
                       .time = std::chrono::system_clock::from_time_t(1'600'000'000 + i)});
  }
  sink(database_)->push(metrics);
  const json series = run("GET", "select count(value), sum(value) from rows").at("series").at(0);
  EXPECT_EQ(series["values"][0][1], 5000);
  EXPECT_EQ(series["values"][0][2], 5000 * 2500.0);
}

TEST_F(InfluxServer, SaysThatADatabaseIsMissing) {
  const Metric metric{.name = "m", .value = 1};
  try {
    sink("nowhere")->push({&metric, 1});
    FAIL() << "a database that does not exist took a metric";
  } catch (const Error& error) {
    EXPECT_FALSE(error.retryable());
    EXPECT_THAT(error.what(), HasSubstr("database \"nowhere\": status 404: database not found"));
  }
}

}  // namespace
}  // namespace stint::influxdb
