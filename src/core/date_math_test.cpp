#include "core/date_math.hpp"
#include <gtest/gtest.h>
#include "base/time_format.hpp"

namespace stint {
namespace {

struct MathCase {
  const char* expression;
  const char* now;
  const char* zone;
  const char* expected;
};

std::string evaluated(const MathCase& one) {
  const ParsedDateMath parsed = parse_date_math(one.expression);
  if (!parsed.expression) return parsed.problem;
  const TimeZone* const zone = TimeZone::find(one.zone);
  if (zone == nullptr) return "no such zone";
  const auto now = std::chrono::floor<std::chrono::microseconds>(*parse_time(one.now));
  const auto moment = evaluate(*parsed.expression, now, *zone);
  return moment ? format_time(*moment, TimeDigits::kShortest) : "out of range";
}

void expect_each(std::initializer_list<MathCase> cases) {
  for (const MathCase& one : cases) {
    EXPECT_EQ(evaluated(one), one.expected) << one.expression << " in " << one.zone;
  }
}

constexpr const char* kNow = "2026-11-21T14:30:15.25Z";  // a Saturday

// By hand; the calendar by GNU date (`date -u -d "2026-11-21 -1 month"`).
TEST(DateMath, CountsAndRoundsInUtc) {
  expect_each({
      {"now", kNow, "UTC", "2026-11-21T14:30:15.25Z"},
      {"today", kNow, "UTC", "2026-11-21T00:00:00Z"},
      {"yesterday", kNow, "UTC", "2026-11-20T00:00:00Z"},
      {"tomorrow", kNow, "UTC", "2026-11-22T00:00:00Z"},
      {"today-1d", kNow, "UTC", "2026-11-20T00:00:00Z"},
      {"now-1d/d", kNow, "UTC", "2026-11-20T00:00:00Z"},
      {"now+d", kNow, "UTC", "2026-11-22T14:30:15.25Z"},
      {"now-36h", kNow, "UTC", "2026-11-20T02:30:15.25Z"},
      {"now-36H", kNow, "UTC", "2026-11-20T02:30:15.25Z"},
      {"now+90m-5s", kNow, "UTC", "2026-11-21T16:00:10.25Z"},
      {"now+2w", kNow, "UTC", "2026-12-05T14:30:15.25Z"},
      {"now/s", kNow, "UTC", "2026-11-21T14:30:15Z"},
      {"now/m", kNow, "UTC", "2026-11-21T14:30:00Z"},
      {"now/h", kNow, "UTC", "2026-11-21T14:00:00Z"},
      {"now/H", kNow, "UTC", "2026-11-21T14:00:00Z"},
      {"now/d", kNow, "UTC", "2026-11-21T00:00:00Z"},
      {"now/w", kNow, "UTC", "2026-11-16T00:00:00Z"},  // Monday, as in ISO 8601
      {"2026-11-16||/w", kNow, "UTC", "2026-11-16T00:00:00Z"},
      {"2026-11-15||/w", kNow, "UTC", "2026-11-09T00:00:00Z"},
      {"now/M", kNow, "UTC", "2026-11-01T00:00:00Z"},
      {"now/M+1M-1d", kNow, "UTC", "2026-11-30T00:00:00Z"},
      {"now/y", kNow, "UTC", "2026-01-01T00:00:00Z"},
      {"now-10y", kNow, "UTC", "2016-11-21T14:30:15.25Z"},
      {"2023-05-20||+7d", kNow, "UTC", "2023-05-27T00:00:00Z"},
      {"2023-05-20||", kNow, "UTC", "2023-05-20T00:00:00Z"},
      {"2023-05-20", kNow, "UTC", "2023-05-20T00:00:00Z"},
      {"2023-05-20T10:00:00+02:00||-1h/d", kNow, "UTC", "2023-05-20T00:00:00Z"},
      {"1969-12-31T23:59:59.5Z||/m", kNow, "UTC", "1969-12-31T23:59:00Z"},
      {"1960-02-29||-1m", kNow, "UTC", "1960-02-28T23:59:00Z"},
  });
}

// As java.time and PostgreSQL have it (Elasticsearch counts by the former): a day that the month
// does not have becomes its last one. Each step by itself, so that the order matters.
TEST(DateMath, EndsMonthsAtTheirLastDay) {
  expect_each({
      {"2026-01-31||+1M", kNow, "UTC", "2026-02-28T00:00:00Z"},
      {"2024-01-31||+1M", kNow, "UTC", "2024-02-29T00:00:00Z"},
      {"2026-01-31||+1M+1M", kNow, "UTC", "2026-03-28T00:00:00Z"},
      {"2026-01-31||+2M", kNow, "UTC", "2026-03-31T00:00:00Z"},
      {"2026-03-31||-1M", kNow, "UTC", "2026-02-28T00:00:00Z"},
      {"2026-05-31||-11M", kNow, "UTC", "2025-06-30T00:00:00Z"},
      {"2024-02-29||+1y", kNow, "UTC", "2025-02-28T00:00:00Z"},
      {"2024-02-29||+4y", kNow, "UTC", "2028-02-29T00:00:00Z"},
      {"2024-02-29||-1y+1d", kNow, "UTC", "2023-03-01T00:00:00Z"},
      {"2000-02-29||-100y", kNow, "UTC", "1900-02-28T00:00:00Z"},
      {"2024-02-28||+1d", kNow, "UTC", "2024-02-29T00:00:00Z"},
      {"2023-02-28||+1d", kNow, "UTC", "2023-03-01T00:00:00Z"},
      {"2026-12-31||+1M", kNow, "UTC", "2027-01-31T00:00:00Z"},
      {"2026-01-01||-1M", kNow, "UTC", "2025-12-01T00:00:00Z"},
  });
}

// By python's zoneinfo, with the rule of date_math.hpp for times that do not exist or come twice.
// Berlin goes from 02:00 to 03:00 on 29 March 2026 at 01:00Z and back on 25 October at 01:00Z.
TEST(DateMath, KeepsLocalTimeOverClockChanges) {
  expect_each({
      {"today", "2026-11-21T23:30:00Z", "Europe/Berlin", "2026-11-21T23:00:00Z"},
      {"now/d", "2026-07-01T22:30:00Z", "Europe/Berlin", "2026-07-01T22:00:00Z"},
      {"2026-03-28T12:00||+1d", kNow, "Europe/Berlin", "2026-03-29T10:00:00Z"},
      {"2026-03-28T12:00||+24h", kNow, "Europe/Berlin", "2026-03-29T11:00:00Z"},
      {"2026-03-28T02:30||+1d", kNow, "Europe/Berlin", "2026-03-29T01:30:00Z"},  // 03:30
      {"2026-03-29T02:30", kNow, "Europe/Berlin", "2026-03-29T01:30:00Z"},
      {"2026-10-24T02:30||+1d", kNow, "Europe/Berlin", "2026-10-25T00:30:00Z"},  // the first
      {"2026-10-26T02:30||-1d", kNow, "Europe/Berlin", "2026-10-25T01:30:00Z"},  // winter still
      {"2026-10-25T01:30:00Z||/h", kNow, "Europe/Berlin", "2026-10-25T01:00:00Z"},
      {"2026-10-25T00:30:00Z||/h", kNow, "Europe/Berlin", "2026-10-25T00:00:00Z"},
      {"2026-10-25T00:30:00Z||+1h", kNow, "Europe/Berlin", "2026-10-25T01:30:00Z"},
      {"2026-10-25T12:00:00Z||/d", kNow, "Europe/Berlin", "2026-10-24T22:00:00Z"},
      {"2026-08-15||/y", kNow, "Europe/Berlin", "2025-12-31T23:00:00Z"},
      {"2026-01-31||+6M", kNow, "America/New_York", "2026-07-31T04:00:00Z"},
      // Havana puts its clocks forward at midnight: the day begins at 01:00.
      {"2026-03-08T12:00||/d", kNow, "America/Havana", "2026-03-08T05:00:00Z"},
      // And back at 01:00: midnight comes twice, the day begins at the first.
      {"2026-11-01T12:00||/d", kNow, "America/Havana", "2026-11-01T04:00:00Z"},
      // Lord Howe's summer time is half an hour.
      {"2026-04-04T01:45||+1d", kNow, "Australia/Lord_Howe", "2026-04-04T14:45:00Z"},
      // Samoa had no 30 December 2011.
      {"2011-12-29||+1d", kNow, "Pacific/Apia", "2011-12-30T10:00:00Z"},
      {"2011-12-29||+2d", kNow, "Pacific/Apia", "2011-12-30T10:00:00Z"},
      // Beyond the table of the tz data: its rule goes on.
      {"2050-07-01T12:00", kNow, "Europe/Berlin", "2050-07-01T10:00:00Z"},
      {"2050-12-31T12:00||+6M", kNow, "Australia/Sydney", "2051-06-30T02:00:00Z"},
      {"2150-01-01T12:00", kNow, "Australia/Sydney", "2150-01-01T01:00:00Z"},
      {"2100-06-01T12:00", kNow, "Europe/Dublin", "2100-06-01T11:00:00Z"},
      // Before the table: local mean time.
      {"1800-01-01", kNow, "Europe/Berlin", "1799-12-31T23:06:32Z"},
  });
}

TEST(DateMath, EndsWithTheYearsThatTimesCanHold) {
  expect_each({
      {"now+300y", kNow, "UTC", "out of range"},
      {"now-999999999y", kNow, "UTC", "out of range"},
      {"now+999999999M", kNow, "UTC", "out of range"},
      {"now+999999999w", kNow, "UTC", "out of range"},
      {"now+999999999d", kNow, "UTC", "out of range"},
      {"now-999999999h", kNow, "UTC", "out of range"},
      {"now+999999999s", kNow, "UTC", "2058-07-30T16:16:54.25Z"},
      {"2261-12-31||+1d", kNow, "UTC", "out of range"},
      {"2261-12-31||+23h", kNow, "UTC", "2261-12-31T23:00:00Z"},
      {"1678-01-01||-1s", kNow, "UTC", "out of range"},
      {"1678-01-02||-1d", kNow, "UTC", "1678-01-01T00:00:00Z"},
      {"now+300y-300y", kNow, "UTC", "out of range"},
  });
}

TEST(DateMath, SaysWhatIsWrong) {
  const auto problem = [](std::string_view text) { return parse_date_math(text).problem; };
  EXPECT_EQ(problem("now-1q"),
            "\"now-1q\" is no date expression: \"q\" is no unit (y, M, w, d, h, m, s)");
  EXPECT_EQ(problem("now-1"),
            "\"now-1\" is no date expression: a unit (y, M, w, d, h, m, s) is missing after "
            "\"-1\"");
  EXPECT_EQ(problem("now*2d"),
            "\"now*2d\" is no date expression: \"*\" stands where +, - or / must");
  EXPECT_EQ(problem("now 1d"),
            "\"now 1d\" is no date expression: \" \" stands where +, - or / must");
  EXPECT_EQ(problem("nowü"), "\"nowü\" is no date expression: \"ü\" stands where +, - or / must");
  EXPECT_EQ(
      problem("tody-1d"),
      "\"tody-1d\" is no date expression: it must begin with now, today, yesterday, tomorrow, "
      "or a date or time and || (did you mean \"today\"?)");
  EXPECT_EQ(problem("2026-02-30||+1d"),
            "\"2026-02-30||+1d\" is no date expression: \"2026-02-30\", before ||, is no date or "
            "time such as 2026-11-21 or 2026-11-21T12:00:00Z");
  EXPECT_EQ(problem("now+1234567890d"),
            "\"now+1234567890d\" is no date expression: 1234567890 is beyond 999999999");
  for (const char* const wrong : {"", "||", "||+1d", "now||+1d", "now/", "now/2d", "now+-1d", "NOW",
                                  "today/", "now+1dd", "2026-11-21+1d", "2026-11-21|+1d"}) {
    EXPECT_NE(problem(wrong), "") << wrong;
  }
  EXPECT_NE(problem("now" + std::string(300, ' ')), "");
  EXPECT_NE(problem(std::string_view{"now\0+1d", 7}), "");
}

TEST(DateMath, TellsExpressionsFromPlainTexts) {
  for (const char* const text :
       {"now", "today-1d", "tomorrow", "2026-11-21||", "now-1q", "now||"}) {
    EXPECT_TRUE(is_date_math(text)) << text;
  }
  for (const char* const text : {"", "2026-11-21", "nowhere", "todays", "+1d", "NOW"}) {
    EXPECT_FALSE(is_date_math(text)) << text;
  }
}

TEST(DateMath, NamesTheDayOfItsZone) {
  const DateMoment late =
      std::chrono::floor<std::chrono::microseconds>(*parse_time("2026-11-21T23:30:00Z"));
  EXPECT_EQ(local_day(late, TimeZone::utc()), "2026-11-21");
  EXPECT_EQ(local_day(late, *TimeZone::find("Europe/Berlin")), "2026-11-22");
  EXPECT_EQ(local_day(late, *TimeZone::find("America/New_York")), "2026-11-21");
}

}  // namespace
}  // namespace stint
