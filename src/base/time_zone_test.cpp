#include "base/time_zone.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

std::chrono::seconds rule_offset(std::string_view rule, std::chrono::sys_seconds moment) {
  const std::optional<ZoneRule> parsed = ZoneRule::parse(rule);
  EXPECT_TRUE(parsed) << rule;
  return parsed ? parsed->offset_at(moment) : 99h;
}

TEST(ZoneRule, FollowsTheRulesOfPosix) {
  const auto day = [](int in_year, unsigned month, unsigned in_month) {
    return sys_days{year{in_year} / std::chrono::month{month} / std::chrono::day{in_month}};
  };
  constexpr std::string_view kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  EXPECT_EQ(rule_offset(kBerlin, day(2050, 1, 1)), 1h);
  EXPECT_EQ(rule_offset(kBerlin, day(2050, 7, 1)), 2h);
  EXPECT_EQ(rule_offset(kBerlin, day(2026, 3, 29) + 1h - 1s), 1h);
  EXPECT_EQ(rule_offset(kBerlin, day(2026, 3, 29) + 1h), 2h);
  EXPECT_EQ(rule_offset(kBerlin, day(2026, 10, 25) + 1h - 1s), 2h);
  EXPECT_EQ(rule_offset(kBerlin, day(2026, 10, 25) + 1h), 1h);
  constexpr std::string_view kSydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
  EXPECT_EQ(rule_offset(kSydney, day(2050, 1, 1)), 11h);
  EXPECT_EQ(rule_offset(kSydney, day(2050, 7, 1)), 10h);
  EXPECT_EQ(rule_offset("<+0330>-3:30", day(2050, 7, 1)), 3h + 30min);
  EXPECT_EQ(rule_offset("EST5", day(2050, 7, 1)), -5h);
  EXPECT_EQ(rule_offset("IST-1GMT0,M10.5.0,M3.5.0/1", day(2050, 1, 1)), 0h);
  EXPECT_EQ(rule_offset("IST-1GMT0,M10.5.0,M3.5.0/1", day(2050, 7, 1)), 1h);
  EXPECT_EQ(rule_offset("EST5EDT,0/0,J365/25", day(2050, 1, 1)), -4h);  // the whole year
  EXPECT_EQ(rule_offset("XXX0YYY,J60,J61", day(2024, 3, 1) + 3h), 1h);  // never 29 February
  EXPECT_EQ(rule_offset("XXX0YYY,59,60", day(2024, 2, 29) + 3h), 1h);
}

TEST(ZoneRule, RefusesWhatIsNone) {
  for (const char* const text :
       {"", "CET", "C-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0x", "<+01-1", "CET-1:99", "CET-1CEST,M3.5.0/,M10.5.0"}) {
    EXPECT_FALSE(ZoneRule::parse(text)) << text;
  }
}

TEST(TimeZone, KnowsUtcWithoutData) {
  EXPECT_EQ(TimeZone::find(""), &TimeZone::utc());
  EXPECT_EQ(TimeZone::find("UTC"), &TimeZone::utc());
  EXPECT_EQ(TimeZone::utc().offset_at(sys_days{year{2026} / 7 / 1}), 0h);
}

TEST(TimeZone, ReadsTheSystemsData) {
  const TimeZone* const berlin = TimeZone::find("Europe/Berlin");
  ASSERT_NE(berlin, nullptr);
  EXPECT_EQ(berlin, TimeZone::find("Europe/Berlin"));
  EXPECT_EQ(berlin->name(), "Europe/Berlin");
  EXPECT_EQ(berlin->offset_at(sys_days{year{2026} / 1 / 1}), 1h);
  EXPECT_EQ(berlin->offset_at(sys_days{year{2026} / 7 / 1}), 2h);
  EXPECT_EQ(berlin->offset_at(sys_days{year{1945} / 7 / 1}), 3h);  // double summer time
  EXPECT_EQ(berlin->offset_at(sys_days{year{1800} / 1 / 1}), 53min + 28s);
}

TEST(TimeZone, RefusesNamesThatLeadElsewhere) {
  for (const char* const name : {"Europe/Berln", "../../etc/passwd", "/etc/passwd", "Europe",
                                 "tzdata.zi", "zone.tab", ".", "Europe/Berlin\n", " ", "a b"}) {
    EXPECT_EQ(TimeZone::find(name), nullptr) << name;
  }
  EXPECT_EQ(TimeZone::find(std::string(500, 'a')), nullptr);
}

TEST(TimeZone, RefusesFilesThatAreCut) {
  for (const std::string& content :
       {std::string{}, std::string{"TZif"}, std::string{"TZif2"} + std::string(39, '\0'),
        std::string{"TZif2"} + std::string(39, '\xff'), std::string(200, 'x')}) {
    EXPECT_FALSE(TimeZone::parse("x", content)) << content.size();
  }
}

}  // namespace
}  // namespace stint
