#include "backends/influxdb/influx_sink.hpp"
#include <zlib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/http_double.hpp"
#include "support/settings_loading.hpp"

namespace stint::influxdb {
namespace {

using namespace std::chrono_literals;
using test::DoubleReply;
using test::DoubleRequest;
using test::HttpDouble;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

BackendOptions options_of(const std::string& toml) {
  return {
      .settings =
          stint::testing::load(stint::testing::from_toml("[metrics.influxdb]\n" + toml)).settings,
      .table = "metrics.influxdb",
      .timeout = 5s};
}

const std::string kFirst = "database = \"my db\"\nusername = \"ann\"\npassword = \"s3cret\"\n";
const std::string kSecond = "org = \"a&b\"\nbucket = \"jobs\"\ntoken = \"t0ken\"\n";

std::string port_of(const HttpDouble& server) {
  return "port = " + std::to_string(server.port()) + "\n";
}

const Metric kMetric{.name = "m", .value = 1, .time = std::chrono::system_clock::from_time_t(1)};

Error error_of(MetricsSink& sink) {
  try {
    sink.push({&kMetric, 1});
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "the metrics were taken";
  return Error{ErrorCode::kInternal, "none"};
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input = bytes;
  std::string text(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());  // NOLINT: bytes of zlib are unsigned
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());  // NOLINT
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  return text;
}

TEST(InfluxSink, SpeaksTheFirstApi) {
  const HttpDouble server{[](const DoubleRequest&) { return DoubleReply{.status = 204}; }};
  make_sink(options_of(port_of(server) + kFirst))->push({&kMetric, 1});
  const DoubleRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/write?db=my%20db&precision=ns");
  EXPECT_EQ(request.headers.at("authorization"), "Basic YW5uOnMzY3JldA==");
  EXPECT_EQ(request.body, "m value=1 1000000000\n");
  EXPECT_FALSE(request.headers.contains("content-encoding"));
}

TEST(InfluxSink, SpeaksTheSecondApi) {
  const HttpDouble server{[](const DoubleRequest&) { return DoubleReply{.status = 204}; }};
  make_sink(options_of(port_of(server) + kSecond))->push({&kMetric, 1});
  const DoubleRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/v2/write?org=a%26b&bucket=jobs&precision=ns");
  EXPECT_EQ(request.headers.at("authorization"), "Token t0ken");
  EXPECT_EQ(request.body, "m value=1 1000000000\n");
}

TEST(InfluxSink, CompressesWhatIsLarge) {
  const HttpDouble server{[](const DoubleRequest&) { return DoubleReply{.status = 204}; }};
  const std::vector<Metric> metrics(500, kMetric);
  make_sink(options_of(port_of(server) + kSecond))->push(metrics);
  const DoubleRequest request = server.requests().at(0);
  EXPECT_EQ(request.headers.at("content-encoding"), "gzip");
  EXPECT_LT(request.body.size(), 1000U);
  std::string expected;
  for (int i = 0; i < 500; ++i) expected += "m value=1 1000000000\n";
  EXPECT_EQ(gunzip(request.body), expected);
}

TEST(InfluxSink, TellsWhatCanBeTriedAgain) {
  int status = 0;
  const HttpDouble server{[&](const DoubleRequest&) {
    return DoubleReply{.status = status, .body = R"({"code":"x","message":"told by\nthe server"})"};
  }};
  const auto sink = make_sink(options_of(port_of(server) + kSecond));
  for (const int again : {429, 500, 503}) {
    status = again;
    const Error error = error_of(*sink);
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable) << again;
    EXPECT_TRUE(error.retryable()) << again;
  }
  for (const int final : {400, 401, 404, 413}) {
    status = final;
    const Error error = error_of(*sink);
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration) << final;
    EXPECT_FALSE(error.retryable()) << final;
  }
}

TEST(InfluxSink, SaysWhoRefusesWhatAndNoSecret) {
  const HttpDouble server{[](const DoubleRequest& request) {
    const bool is_first = request.target.starts_with("/write");
    return is_first ? DoubleReply{.status = 404, .body = R"({"error":"database not found"})"}
                    : DoubleReply{.status = 401, .body = "<html>\xff" + std::string(5000, 'x')};
  }};
  const auto first = make_sink(options_of(port_of(server) + kFirst));
  EXPECT_EQ(std::string{error_of(*first).what()},
            "InfluxDB at http://127.0.0.1:" + std::to_string(server.port()) +
                " does not take metrics for database \"my db\": status 404: database not found; "
                "create it there");
  const std::string second = error_of(*make_sink(options_of(port_of(server) + kSecond))).what();
  EXPECT_THAT(second, AllOf(HasSubstr("for bucket \"jobs\": status 401: <html>"),
                            HasSubstr("; check the token"), Not(HasSubstr("t0ken"))));
  EXPECT_LT(second.size(), 600U);
}

TEST(InfluxSink, SendsNothingForNothing) {
  const HttpDouble server{[](const DoubleRequest&) { return DoubleReply{.status = 204}; }};
  const auto sink = make_sink(options_of(port_of(server) + kFirst));
  sink->push({});
  const Metric none{.name = ""};
  sink->push({&none, 1});
  EXPECT_TRUE(server.requests().empty());
}

TEST(InfluxSink, RefusesSettingsThatCannotBeMeant) {
  const auto problem = [](const std::string& toml) -> std::string {
    try {
      make_sink(options_of(toml));
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_THAT(problem(""), HasSubstr("[metrics.influxdb] says not where to"));
  EXPECT_THAT(problem(kFirst + kSecond), HasSubstr("has database, for InfluxDB 1.x, and org"));
  EXPECT_THAT(problem("org = \"a\"\nbucket = \"b\""), HasSubstr("lacks token"));
  EXPECT_EQ(problem(kFirst), "none");
  EXPECT_EQ(problem(kSecond + "host = \"::1\""), "none");
}

}  // namespace
}  // namespace stint::influxdb
