#include "backends/influxdb/line_protocol.hpp"
#include <limits>
#include <vector>
#include <gtest/gtest.h>

namespace stint::influxdb {
namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;

std::string tagged(Tags tags) {
  return line_of({.name = "m", .value = 1, .tags = std::move(tags)}).value_or("none");
}

std::string named(const std::string& name) {
  return line_of({.name = name, .value = 1}).value_or("none");
}

TEST(LineProtocol, WritesNameTagsValueAndTime) {
  using namespace std::chrono_literals;
  const Metric metric{
      .name = "job_duration_seconds",
      .value = 1.5,
      .tags = {{"task", "example.hello"}, {"type", "task"}, {"status", "succeeded"}},
      .kind = MetricKind::kTimer,
      .time = std::chrono::system_clock::from_time_t(1'600'000'000) + 123'456'789ns};
  EXPECT_EQ(line_of(metric),
            "job_duration_seconds,status=succeeded,task=example.hello,type=task value=1.5 "
            "1600000000123456789\n");
}

TEST(LineProtocol, EscapesWhatSeparates) {
  EXPECT_EQ(named("a, b=c"), "a\\,\\ b=c value=1\n");
  EXPECT_EQ(tagged({{"a, =b", "c, =\"d"}}), "m,a\\,\\ \\=b=c\\,\\ \\=\"d value=1\n");
  EXPECT_EQ(tagged({{"a", "b\\ c"}}), "m,a=b\\\\ c value=1\n");
}

TEST(LineProtocol, SaysSomethingNearOfWhatCannotBeSaid) {
  EXPECT_EQ(named("#a"), "_a value=1\n");
  EXPECT_EQ(named("a\\, b\\"), "a/\\,\\ b/ value=1\n");
  EXPECT_EQ(named("a\n"), "a\\  value=1\n");
  EXPECT_EQ(tagged({{"a", "b\\"}}), "m,a=b/ value=1\n");
  EXPECT_EQ(tagged({{"a", "1\r\nm value=2"}}), "m,a=1\\ \\ m\\ value\\=2 value=1\n");
  EXPECT_EQ(tagged({{"a", ""}, {"", "b"}}), "m value=1\n");
  EXPECT_EQ(tagged({{"a", "1"}, {"a", "2"}}), "m,a=2 value=1\n");
  EXPECT_EQ(tagged({{"time", "1"}, {"_field", "2"}, {"_measurement", "3"}}),
            "m,_field_=2,_measurement_=3,time_=1 value=1\n");
  EXPECT_EQ(tagged({{"a", "\xff"}}), "m,a=\xef\xbf\xbd value=1\n");
}

TEST(LineProtocol, LeavesOutWhatIsNoMetric) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<Metric> metrics = {{.name = "a", .value = nan},
                                       {.name = "b", .value = -infinity},
                                       {.name = "", .value = 1},
                                       {.name = "c", .value = -1e300}};
  EXPECT_EQ(lines_of(metrics), "c value=-1e+300\n");
}

}  // namespace
}  // namespace stint::influxdb
