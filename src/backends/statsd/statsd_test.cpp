#include <limits>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/statsd/statsd_packets.hpp"
#include "backends/statsd/statsd_sink.hpp"
#include "stint/error.hpp"
#include "support/datagram_receiver.hpp"
#include "support/settings_loading.hpp"

namespace stint::statsd {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kRoom = 1432;

std::string one(const Metric& metric, TagStyle style, const std::string& prefix = "") {
  const auto packets = packets_of({&metric, 1}, prefix, style, kRoom);
  return packets.empty() ? "none" : packets.front();
}

TEST(StatsdPackets, SayWhatKindItIs) {
  EXPECT_EQ(one({.name = "m", .value = 1.5}, TagStyle::kNone), "m:1.5|g");
  EXPECT_EQ(one({.name = "m", .value = 3, .kind = MetricKind::kCounter}, TagStyle::kNone), "m:3|c");
  EXPECT_EQ(one({.name = "m", .value = 1.25, .kind = MetricKind::kTimer}, TagStyle::kNone),
            "m:1250|ms");
  EXPECT_EQ(one({.name = "m", .value = 1}, TagStyle::kNone, "jobs.prod"), "jobs.prod.m:1|g");
}

// To StatsD "-5" means "5 less than now".
TEST(StatsdPackets, SetGaugesBelowZero) {
  EXPECT_EQ(one({.name = "m", .value = -5}, TagStyle::kNone), "m:0|g\nm:-5|g");
  EXPECT_EQ(one({.name = "m", .value = -5}, TagStyle::kDogstatsd), "m:-5|g");
}

TEST(StatsdPackets, CarryTagsInBothStyles) {
  const Metric metric{
      .name = "rows", .value = 1, .tags = {{"table", "a.b c"}, {"task", "x"}, {"none", ""}}};
  EXPECT_EQ(one(metric, TagStyle::kNone), "rows.a_b_c.x:1|g");
  EXPECT_EQ(one(metric, TagStyle::kDogstatsd), "rows:1|g|#table:a.b_c,task:x,none:");
}

TEST(StatsdPackets, LetNoTextForgeAMetric) {
  const Metric metric{.name = "a:1|c\nb", .value = 1, .tags = {{"t:|#,", "v|#x,y:2|g\nz:1|c\xff"}}};
  EXPECT_EQ(one(metric, TagStyle::kDogstatsd), "a_1_c_b:1|g|#t____:v__x_y:2_g_z:1_c\xef\xbf\xbd");
  EXPECT_EQ(one(metric, TagStyle::kNone), "a_1_c_b.v__x_y_2_g_z_1_c\xef\xbf\xbd:1|g");
}

TEST(StatsdPackets, FillDatagramsAndNoMore) {
  const std::vector<Metric> metrics(5, {.name = "abc", .value = 1});  // 7 bytes each
  EXPECT_THAT(packets_of(metrics, "", TagStyle::kNone, 15),
              ElementsAre("abc:1|g\nabc:1|g", "abc:1|g\nabc:1|g", "abc:1|g"));
  EXPECT_THAT(packets_of(metrics, "", TagStyle::kNone, 14).size(), 5U);
  EXPECT_THAT(packets_of(metrics, "", TagStyle::kNone, 3).size(), 5U);
}

TEST(StatsdPackets, LeaveOutWhatIsNoMetric) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Metric> metrics = {{.name = "a", .value = nan}, {.name = "", .value = 1}};
  EXPECT_THAT(packets_of(metrics, "", TagStyle::kNone, kRoom), IsEmpty());
}

BackendOptions options_of(std::uint16_t port, const std::string& more) {
  const std::string toml = "[metrics.statsd]\nport = " + std::to_string(port) + "\n" + more;
  return {.settings = testing::load(testing::from_toml(toml)).settings, .table = "metrics.statsd"};
}

TEST(StatsdSink, SendsDatagrams) {
  const test::DatagramReceiver server;
  const auto sink = make_sink(options_of(server.port(), "prefix = \"jobs\"\ntags = \"dogstatsd\""));
  const Metric metric{.name = "rows", .value = 7, .tags = {{"task", "x"}}};
  sink->push({&metric, 1});
  EXPECT_EQ(server.receive(), "jobs.rows:7|g|#task:x");
  const std::vector<Metric> many(1000, metric);
  sink->push(many);
  std::size_t lines = 0;
  while (lines < many.size()) {
    const auto packet = server.receive();
    ASSERT_TRUE(packet) << lines << " came";
    EXPECT_LE(packet->size(), kRoom);
    lines += 1 + static_cast<std::size_t>(std::ranges::count(*packet, '\n'));
  }
  EXPECT_EQ(lines, many.size());
}

TEST(StatsdSink, SaysThatNobodyListensHereAndGoesOnWhenSomebodyDoes) {
  auto server = std::make_unique<test::DatagramReceiver>();
  const auto sink = make_sink(options_of(server->port(), ""));
  const Metric metric{.name = "rows", .value = 7};
  server.reset();
  sink->push({&metric, 1});  // the network's answer comes with the next one
  try {
    sink->push({&metric, 1});
    FAIL() << "nobody took it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_FALSE(error.retryable()) << "counters would count twice";
    EXPECT_THAT(error.what(), HasSubstr("does not take metrics: Connection refused"));
  }
  EXPECT_NO_THROW(sink->push({&metric, 1}));
}

TEST(StatsdSink, SaysThatTheNameWasNotFound) {
  const auto sink = make_sink(options_of(8125, "host = \"nowhere.invalid\""));
  const Metric metric{.name = "rows", .value = 7};
  try {
    sink->push({&metric, 1});
    FAIL() << "it was sent";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("StatsD at nowhere.invalid:8125 does not take metrics"));
  }
}

}  // namespace
}  // namespace stint::statsd
