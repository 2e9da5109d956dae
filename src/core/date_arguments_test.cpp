#include "core/date_arguments.hpp"
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "base/time_format.hpp"
#include "core/arguments.hpp"
#include "core/plan_at.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_days kDay{std::chrono::year{2026} / 11 / 21};

struct Typed {
  std::string day = "today-1d";
  std::chrono::system_clock::time_point since = {};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Typed, day, since)
constexpr Task<Typed> kTyped{"dates.typed"};

STINT_MODULE(dates, module) {
  module.task("day", [](const std::string&) {}, {arg("day").date() = "today-1d"});
  module.task("plain", [](std::chrono::year_month_day) {}, {arg("day")});
  module.task("local", [](const json&) {}, {arg("day").date()}, {.zone = "Europe/Berlin"});
  module.task("own", [](const json&) {}, {arg("day").date().zone("America/New_York")},
              {.zone = "Europe/Berlin"});
  module.task("days", [](const std::vector<std::string>&) {}, {arg("days").date()});
  module.task("choice", [](const json&) {}, {arg("day").date().one_of("2026-11-20", "2026-11-21")});
  module.task("moment", [](std::chrono::system_clock::time_point) {}, {arg("since") = "now-1h"});
  module.task("text", [](const json&) {}, {arg("since").moment()}, {.zone = "Europe/Berlin"});
  module.task(kTyped, [](const Typed&) {}, {arg("day").date(), arg("since").moment()});
}

class DateArguments : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> problems;
    const ModuleDefinition modules[] = {dates};
    registry_ = Registry::build(modules, problems);
    ASSERT_TRUE(problems.empty()) << problems.front();
  }
  const detail::TaskDeclaration& task(std::string_view name) const {
    return *registry_->find_task(name);
  }
  /// The arguments as they are stored for a job that is enqueued, or the refusal.
  std::string stored(std::string_view name, const json& args, const EnqueueOptions& options = {}) {
    try {
      return plan_job_at(clock_, name, &task(name), args, options, {}).args;
    } catch (const Error& error) {
      return error.what();
    }
  }

  std::shared_ptr<const Registry> registry_;
  ManualClock clock_{kDay + 23h + 30min};
};

TEST_F(DateArguments, AreResolvedWhenTheJobIsEnqueued) {
  EXPECT_EQ(stored("dates.day", {}), R"({"day":"2026-11-20"})");
  EXPECT_EQ(stored("dates.day", {{"day", "2020-02-29"}}), R"({"day":"2020-02-29"})");
  EXPECT_EQ(stored("dates.plain", {{"day", "now/M"}}), R"({"day":"2026-11-01"})");
  EXPECT_EQ(stored("dates.days", {{"days", {"2026-01-31||+1M", "tomorrow"}}}),
            R"({"days":["2026-02-28","2026-11-22"]})");
}

TEST_F(DateArguments, AreResolvedAgainstTheTimeWhenTheJobIsDue) {
  EXPECT_EQ(stored("dates.day", {}, {.run_at = kDay + 240h}), R"({"day":"2026-11-30"})");
  EXPECT_EQ(stored("dates.day", {}, {.delay = 30min}), R"({"day":"2026-11-21"})");
}

TEST_F(DateArguments, KnowTheZoneOfTheTaskAndTheirOwn) {
  EXPECT_EQ(stored("dates.local", {{"day", "today"}}), R"({"day":"2026-11-22"})");
  EXPECT_EQ(stored("dates.own", {{"day", "today"}}), R"({"day":"2026-11-21"})");
}

TEST_F(DateArguments, AreNamedWithWhatIsWrong) {
  EXPECT_EQ(
      stored("dates.day", {{"day", "now-1q"}}),
      "task \"dates.day\": argument \"day\": \"now-1q\" is no date expression: \"q\" is no unit "
      "(y, M, w, d, h, m, s)");
  EXPECT_EQ(stored("dates.day", {{"day", "2026-13-01"}}),
            "task \"dates.day\": argument \"day\": must be a date such as \"2026-11-21\" or "
            "\"today-1d\", not \"2026-13-01\"");
  EXPECT_EQ(
      stored("dates.day", {{"day", "now+900y"}}),
      "task \"dates.day\": argument \"day\": \"now+900y\" leads out of the years 1678 to 2261");
  EXPECT_EQ(
      stored("dates.moment", {{"since", "now+900y"}}),
      "task \"dates.moment\": argument \"since\": \"now+900y\" leads out of the years 1678 to "
      "2261");
  EXPECT_EQ(stored("dates.choice", {{"day", "tomorrow"}}),
            "task \"dates.choice\": argument \"day\": \"2026-11-22\" is none of \"2026-11-20\", "
            "\"2026-11-21\"");
  EXPECT_EQ(stored("dates.choice", {{"day", "today"}}), R"({"day":"2026-11-21"})");
}

TEST_F(DateArguments, StayWhenTheyAreMomentsUntilTheAttemptStarts) {
  EXPECT_EQ(stored("dates.moment", {}), R"({"since":"now-1h"})");
  EXPECT_EQ(stored("dates.typed", {{"since", "now/d"}}), R"({"day":"2026-11-20","since":"now/d"})");

  json args = {{"since", "now-1h"}};
  resolve_moments(task("dates.moment"), args, kDay + 12h);
  EXPECT_EQ(args["since"], "2026-11-21T11:00:00Z");
  args = {{"since", "2026-11-21 07:30"}};
  resolve_moments(task("dates.text"), args, kDay);
  EXPECT_EQ(args["since"], "2026-11-21T06:30:00Z") << "local time of the task's zone";
  args = {{"since", "2026-11-21T07:30:00.5+05:00"}};
  resolve_moments(task("dates.text"), args, kDay);
  EXPECT_EQ(args["since"], "2026-11-21T02:30:00.5Z");
}

TEST_F(DateArguments, OfAJobStoredUnresolvedAreResolvedOnce) {
  int asked = 0;
  const auto due = [&asked] {
    ++asked;
    return std::chrono::system_clock::time_point{kDay};
  };
  std::string args = "{}";
  resolve_stored_dates(task("dates.day"), args, due);
  EXPECT_EQ(args, R"({"day":"2026-11-20"})");
  resolve_stored_dates(task("dates.day"), args, due);
  EXPECT_EQ(args, R"({"day":"2026-11-20"})");
  EXPECT_EQ(asked, 1);
  args = R"({"since":"now"})";
  resolve_stored_dates(task("dates.moment"), args, due);
  args = R"({"day":"now-1q"})";  // its attempt says what is wrong
  resolve_stored_dates(task("dates.day"), args, due);
  EXPECT_EQ(args, R"({"day":"now-1q"})");
}

TEST_F(DateArguments, AreDescribedInTheSpecification) {
  const json own = specification(task("dates.own"));
  EXPECT_EQ(own["zone"], "Europe/Berlin");
  EXPECT_EQ(own["schema"]["properties"]["day"], (json{{"type", "string"}, {"format", "date"}}));
  const detail::TaskDeclaration read = task_from_specification("dates.own", own);
  EXPECT_EQ(plan_job_at(clock_, "dates.own", &read, {{"day", "today"}}, {}, {}).args,
            R"({"day":"2026-11-21"})");
  const json day = specification(task("dates.day"));
  EXPECT_EQ(day["args"][0]["default"], "today-1d");
  EXPECT_EQ(day["args"][0]["type"], "day");
}

TEST(Zone, ThatNobodyKnowsIsFoundAtStart) {
  std::vector<std::string> problems;
  const ModuleDefinition wrong{
      "w", [](Module& w) {
        w.task("a", [](const json&) {}, {arg("d").date()}, {.zone = "Europe/Berln"});
        w.task("b", [](const json&) {}, {arg("d").integer().zone("Europe/Berlin")});
      }};
  Registry::build({&wrong, 1}, problems);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_NE(problems[0].find("\"Europe/Berln\" is no time zone of this machine's tz data"),
            std::string::npos)
      << problems[0];
  EXPECT_NE(problems[1].find("zone() is for dates and moments"), std::string::npos) << problems[1];
}

}  // namespace
}  // namespace stint
