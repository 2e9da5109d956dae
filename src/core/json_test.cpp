#include "stint/json.hpp"
#include <limits>
#include <string>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

template <typename Value>
void expect_round_trip(const Value& value, const json& expected) {
  EXPECT_EQ(json(value), expected);
  EXPECT_EQ(json(value).template get<Value>(), value);
}

TEST(JsonConversions, KeepBytes) {
  const std::string raw{"a\0\xff z", 5};
  const json value = Bytes{raw};
  EXPECT_TRUE(value.is_binary());
  EXPECT_EQ(value.get<Bytes>().view(), raw);
  EXPECT_EQ(json("text").get<Bytes>().view(), "text");
  EXPECT_THROW(static_cast<void>(json(5).get<Bytes>()), Error);
}

TEST(JsonConversions, KeepTimesInUtc) {
  expect_round_trip(Time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}} + 12h,
                    "2026-11-21T12:00:00Z");
  expect_round_trip(Time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}} + 250us,
                    "2026-11-21T00:00:00.00025Z");
  EXPECT_EQ(json("2026-11-21T13:00:00+01:00").get<Time>(),
            json("2026-11-21T12:00:00Z").get<Time>());
  for (const json& wrong : {json("tomorrow"), json(5), json(nullptr), json("2026-02-30")}) {
    EXPECT_THROW(static_cast<void>(wrong.get<Time>()), Error) << wrong;
  }
}

TEST(JsonConversions, KeepDurations) {
  expect_round_trip(90s, "1m30s");
  expect_round_trip(-90s, "-1m30s");
  expect_round_trip(std::chrono::milliseconds{1500}, "1.5s");
  EXPECT_EQ(json(90).get<std::chrono::seconds>(), 90s);
  EXPECT_EQ(json(0.25).get<std::chrono::milliseconds>(), 250ms);
  EXPECT_EQ(json("1h30m").get<std::chrono::minutes>(), 90min);
  for (const json& wrong : {json("soon"), json(true), json(1e300), json("-"),
                            json(std::numeric_limits<double>::quiet_NaN())}) {
    EXPECT_THROW(static_cast<void>(wrong.get<std::chrono::seconds>()), Error) << wrong;
  }
}

TEST(JsonConversions, KeepDays) {
  expect_round_trip(std::chrono::year_month_day{std::chrono::year{2026} / 11 / 21}, "2026-11-21");
  for (const json& wrong : {json("2026-11-21T00:00:00Z"), json("2026-13-01"), json(20261121)}) {
    EXPECT_THROW(static_cast<void>(wrong.get<std::chrono::year_month_day>()), Error) << wrong;
  }
}

TEST(JsonConversions, TakeAnEmptyOptionalAsNull) {
  expect_round_trip(std::optional<int>{}, nullptr);
  expect_round_trip(std::optional<int>{5}, 5);
}

}  // namespace
}  // namespace stint
