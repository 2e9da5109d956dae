#include "base/time_format.hpp"
#include <random>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

constexpr std::chrono::sys_days kDay{std::chrono::year{2026} / 11 / 21};

TEST(FormatTime, WritesMilliseconds) {
  EXPECT_EQ(format_time(Time{kDay} + 12h), "2026-11-21T12:00:00.000Z");
  EXPECT_EQ(format_time(Time{kDay} + 1h + 2min + 3s + 45678us), "2026-11-21T01:02:03.045Z");
  EXPECT_EQ(format_time(Time{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(Time{} - 1ms), "1969-12-31T23:59:59.999Z");
}

TEST(FormatTime, WritesAsFewDigitsAsItTakes) {
  EXPECT_EQ(format_time(Time{kDay}, TimeDigits::kShortest), "2026-11-21T00:00:00Z");
  EXPECT_EQ(format_time(Time{kDay} + 500ms, TimeDigits::kShortest), "2026-11-21T00:00:00.5Z");
  EXPECT_EQ(format_time(Time{kDay} + 10us, TimeDigits::kShortest), "2026-11-21T00:00:00.00001Z");
}

TEST(ParseTime, TakesRfc3339) {
  EXPECT_EQ(parse_time("2026-11-21T12:00:00Z"), Time{kDay} + 12h);
  EXPECT_EQ(parse_time("2026-11-21t12:00:00.25z"), Time{kDay} + 12h + 250ms);
  EXPECT_EQ(parse_time("2026-11-21T13:30:00+01:30"), Time{kDay} + 12h);
  EXPECT_EQ(parse_time("2026-11-20T22:00:00-02:00"), Time{kDay});
  EXPECT_EQ(parse_time("2024-02-29T00:00:00Z"),
            Time{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}});
}

TEST(ParseTime, TakesDaysAndTimesInUtc) {
  EXPECT_EQ(parse_time("2026-11-21"), Time{kDay});
  EXPECT_EQ(parse_time("2026-11-21 07:30"), Time{kDay} + 7h + 30min);
  EXPECT_EQ(parse_time("2026-11-21 07:30:15"), Time{kDay} + 7h + 30min + 15s);
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* text : {"",
                           "today",
                           "2026",
                           "2026-11",
                           "2026-11-31",
                           "2026-02-29",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-11-00",
                           "26-11-21",
                           "2026-1-2",
                           "2026/11/21",
                           "2026-11-21T",
                           "2026-11-21 7:30",
                           "2026-11-21 24:00",
                           "2026-11-21 12:60",
                           "2026-11-21 12:00:60",
                           "2026-11-21 12:00:00.",
                           "2026-11-21 12:00:00,5",
                           "2026-11-21T12:00:00+0100",
                           "2026-11-21T12:00:00+01",
                           "2026-11-21T12:00:00 Z",
                           "2026-11-21T12:00:00ZZ",
                           "2026-11-21x12:00",
                           "1677-12-31",
                           "2262-01-01",
                           "-026-11-21",
                           "2026-11-21\n"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(ParseTime, ReadsBackWhatFormatTimeWrites) {
  std::mt19937_64 random{20261121};
  for (int i = 0; i < 5'000; ++i) {
    const std::chrono::microseconds since{static_cast<std::int64_t>(random() >> 12U) -
                                          (std::int64_t{1} << 51U)};
    const Time time{since};
    ASSERT_EQ(parse_time(format_time(time, TimeDigits::kShortest)), time) << since.count();
  }
}

TEST(ParseTimeOrOffset, CountsFromNow) {
  const Time now = Time{kDay} + 12h;
  EXPECT_EQ(parse_time_or_offset("now", now), now);
  EXPECT_EQ(parse_time_or_offset("+5m", now), now + 5min);
  EXPECT_EQ(parse_time_or_offset("-1h30m", now), now - 90min);
  EXPECT_EQ(parse_time_or_offset("+P1D", now), now + 24h);
  EXPECT_EQ(parse_time_or_offset("2026-11-21", now), Time{kDay});
}

TEST(ParseTimeOrOffset, RefusesWhatIsNoTimeOrTooFar) {
  for (const char* text :
       {"", "+", "-", "5m", "+5x", "++5m", "+5m ", "+100000d", "-290y", "+9223372036", "soon"}) {
    EXPECT_EQ(parse_time_or_offset(text, Time{kDay}), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace stint
