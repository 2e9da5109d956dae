#include "base/duration.hpp"
#include <random>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::nanoseconds;

TEST(ParseDuration, TakesAPlainNumberAsSeconds) {
  EXPECT_EQ(parse_duration("0"), 0s);
  EXPECT_EQ(parse_duration("90"), 90s);
  EXPECT_EQ(parse_duration("0.25"), 250ms);
}

TEST(ParseDuration, TakesUnits) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("2d"), days{2});
  EXPECT_EQ(parse_duration("1w2d3h4m5s6ms7us8ns"), days{9} + 3h + 4min + 5s + 6ms + 7us + 8ns);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("1.5w"), days{10} + 12h);
}

TEST(ParseDuration, TakesIso8601) {
  EXPECT_EQ(parse_duration("P1D"), days{1});
  EXPECT_EQ(parse_duration("P2W"), days{14});
  EXPECT_EQ(parse_duration("PT5M"), 5min);
  EXPECT_EQ(parse_duration("P1DT2H3M4.5S"), days{1} + 2h + 3min + 4500ms);
  EXPECT_EQ(parse_duration("PT0S"), 0s);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"",        " ",           "-5m",     "+5m",
                           "5 m",     "m",           "5x",      "5M",
                           "30m1h",   "5m5m",        "1h30",    "1.",
                           ".5",      "1.s",         "1..5",    "1.5.5",
                           "P",       "PT",          "P1",      "P1DT",
                           "P1Y",     "P1M",         "PT1D",    "P1H",
                           "PT5M1H",  "P1D1D",       "p1d",     "1e3",
                           "0x10",    "1h ",         "5m\n",    "99999999999999999999",
                           "300000d", "10000000000", "P20000W", "9223372036s9223372036ms"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(ParseDuration, TakesTheGreatestThatFits) {
  EXPECT_EQ(parse_duration("9223372036.854775807"), nanoseconds::max());
  EXPECT_EQ(parse_duration("9223372036.854775808"), std::nullopt);
}

TEST(ParseDuration, CutsOffWhatIsBelowANanosecond) {
  EXPECT_EQ(parse_duration("0.0000000019"), 1ns);
  EXPECT_EQ(parse_duration("1.99999999999999999999999999ns"), 1ns);
}

TEST(FormatDuration, IsShort) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(1500us), "1.5ms");
  EXPECT_EQ(format_duration(90s), "1m30s");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(days{2}), "2d");
  EXPECT_EQ(format_duration(7ns), "7ns");
  EXPECT_EQ(format_duration(-90s), "-1m30s");
}

TEST(FormatDuration, IsReadBackExactly) {
  std::mt19937_64 random{20261121};
  for (int i = 0; i < 20'000; ++i) {
    const nanoseconds duration{static_cast<std::int64_t>(random() >> (1 + random() % 60))};
    ASSERT_EQ(parse_duration(format_duration(duration)), duration) << duration.count();
  }
  EXPECT_EQ(parse_duration(format_duration(nanoseconds::max())), nanoseconds::max());
  EXPECT_FALSE(format_duration(nanoseconds::min()).empty());
}

}  // namespace
}  // namespace stint
