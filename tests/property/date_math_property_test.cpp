// Date math: what must hold for any moment, zone and text; and T27, wrong input in great numbers.
#include <array>
#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include "core/arguments.hpp"
#include "core/date_arguments.hpp"
#include "core/date_math.hpp"
#include "core/enqueue_plan.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

constexpr std::array kZones = {
    "UTC",          "Europe/Berlin",    "America/New_York", "America/Havana", "Australia/Lord_Howe",
    "Asia/Kolkata", "Africa/Casablanca"};

const TimeZone& any_zone() {
  return *TimeZone::find(kZones.at(*rc::gen::inRange<std::size_t>(0, kZones.size())));
}
/// From 1990 to 2090.
DateMoment any_moment() {
  return DateMoment{std::chrono::microseconds{
      *rc::gen::inRange<std::int64_t>(631'152'000'000'000, 3'786'912'000'000'000)}};
}
DateMoment evaluated(const std::string& text, DateMoment base, const TimeZone& zone) {
  const ParsedDateMath parsed = parse_date_math(text);
  RC_ASSERT(parsed.problem.empty());
  const auto moment = evaluate(*parsed.expression, base, zone);
  RC_ASSERT(moment.has_value());
  return *moment;
}
std::string any_unit() { return std::string(1, *rc::gen::elementOf(std::string{"yMwdhms"})); }

RC_GTEST_PROP(DateMathProperty, RoundsDownToWhereRoundingChangesNothing, ()) {
  const TimeZone& zone = any_zone();
  const DateMoment base = any_moment();
  const std::string unit = any_unit();
  const DateMoment once = evaluated("now/" + unit, base, zone);
  RC_ASSERT(once <= base);
  RC_ASSERT(evaluated("now/" + unit + "/" + unit, base, zone) == once);
}

RC_GTEST_PROP(DateMathProperty, GoesBackToWhereItCameFrom, ()) {
  const TimeZone& zone = any_zone();
  const DateMoment base = any_moment();
  const auto number = std::to_string(*rc::gen::inRange(0, 3000));
  // Real time; and days of the calendar, unless one end is a time that does not exist or comes
  // twice: the noon of a day never is.
  const std::string unit(1, *rc::gen::elementOf(std::string{"hms"}));
  RC_ASSERT(evaluated("now+" + number + unit + "-" + number + unit, base, zone) == base);
  const DateMoment noon = evaluated("now/d+12h", base, zone);
  const std::string days = "now+" + number + "d-" + number + "d";
  RC_ASSERT(local_day(evaluated(days, noon, zone), zone) == local_day(noon, zone));
}

RC_GTEST_PROP(DateMathProperty, CountsDaysOfTheCalendar, ()) {
  const TimeZone& zone = any_zone();
  const DateMoment base = any_moment();
  const int number = *rc::gen::inRange(-3000, 3000);
  const std::string text = (number < 0 ? "now" : "now+") + std::to_string(number) + "d";
  const auto day_of = [&](DateMoment moment) {
    const auto local = zone.to_local(std::chrono::floor<std::chrono::seconds>(moment));
    return std::chrono::floor<std::chrono::days>(local);
  };
  RC_ASSERT(day_of(evaluated(text, base, zone)) - day_of(base) == std::chrono::days{number});
}

RC_GTEST_PROP(DateMathProperty, LocalTimeComesBackFromTheMomentThatItNames, ()) {
  const TimeZone& zone = any_zone();
  const auto moment = std::chrono::floor<std::chrono::seconds>(any_moment());
  // With the offset that it had, a local time that comes twice is not mistaken for the other.
  RC_ASSERT(zone.to_system(zone.to_local(moment), zone.offset_at(moment)) == moment);
}

int cases() {
  constexpr int kShort = 10'000;
  constexpr int kLong = 2'000'000;
  return is_full_size() ? kLong : kShort;
}
std::uint64_t seed() {
  constexpr std::uint64_t kSeed = 27;
  const char* const given = std::getenv("STINT_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : kSeed;
}

/// Texts that are nearly right, and any bytes.
class Texts final {
 public:
  explicit Texts(std::uint64_t from) : random_(from) {}

  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  std::string next() {
    static const std::vector<std::string> kPieces = {
        "now",  "today", "yesterday", "tomorrow", "2026-11-21", "2026-02-30", "T12:00:00Z", "||",
        "|",    "+",     "-",         "/",        "1",          "999999999",  "d",          "M",
        "y",    "w",     "H",         "q",        " ",          "\n",         "+01:00",     ":",
        "\xff", "ü",     "0",         "-0d",      "\\",         "\"",         "null",       "T"};
    std::string text;
    for (std::uint64_t left = below(9); left > 0; --left) {
      if (below(12) == 0) {
        text += static_cast<char>(below(256));
      } else {
        text += kPieces.at(below(kPieces.size()));
      }
    }
    return text;
  }

 private:
  std::mt19937_64 random_;
};

TEST(DateMathFuzz, GivesAMomentOrAReasonForAnyText) {
  Texts texts{seed()};
  int good = 0;
  for (int i = cases(); i > 0; --i) {
    const std::string text = texts.next();
    SCOPED_TRACE(text);
    const ParsedDateMath parsed = parse_date_math(text);
    ASSERT_EQ(parsed.expression.has_value(), parsed.problem.empty());
    if (!parsed.expression) continue;
    ++good;
    const TimeZone& zone = *TimeZone::find(kZones.at(texts.below(kZones.size())));
    static_cast<void>(evaluate(*parsed.expression,
                               DateMoment{std::chrono::seconds{texts.below(4'000'000'000)}}, zone));
  }
  EXPECT_GT(good, cases() / 100) << "else it tries nothing";
}

TEST(ZoneFuzz, ReadsAnyBytesAsAZoneOrAsNone) {
  Texts texts{seed()};
  for (int i = cases() / 10; i > 0; --i) {
    std::string content = "TZif2" + std::string(39, '\0');
    for (std::uint64_t left = texts.below(200); left > 0; --left) {
      content += static_cast<char>(texts.below(3) == 0 ? texts.below(256) : 0);
    }
    for (int changes = 0; changes < 4; ++changes) {
      content.at(5 + texts.below(content.size() - 5)) = static_cast<char>(texts.below(8));
    }
    const std::optional<TimeZone> zone = TimeZone::parse("x", content);
    if (zone) static_cast<void>(zone->offset_at(std::chrono::sys_seconds{}));
    static_cast<void>(ZoneRule::parse(texts.next()));
  }
}

STINT_MODULE(f, m) {
  m.task("all",
         [](const json&, const json&, const json&, const json&, const json&, const json&,
            const json&) {},
         {arg("day").date(), arg("since").moment(), arg("at").time(), arg("n").integer(),
          arg("x").number().minimum(0), arg("b").boolean(), arg("f").bytes()},
         {.zone = "Europe/Berlin"});
}

/// A value of any kind, sometimes one that fits.
json any_value(Texts& texts) {
  switch (texts.below(9)) {
    case 0:
      return nullptr;
    case 1:
      return texts.below(2) == 0;
    case 2:
      return static_cast<std::int64_t>(texts.below(1'000)) - 500;
    case 3:
      return 1e300 * static_cast<double>(texts.below(100));
    case 4:
      return json::array({texts.next(), 1});
    case 5:
      return json{{texts.next(), 1}};
    case 6:
      return json(Bytes{texts.next()});
    default:
      return texts.next();
  }
}

TEST(ArgumentFuzz, TakesOrRefusesAnyValue) {
  std::vector<std::string> problems;
  const ModuleDefinition modules[] = {f};
  const auto registry = Registry::build(modules, problems);
  ASSERT_TRUE(problems.empty()) << problems.front();
  const detail::TaskDeclaration& task = *registry->find_task("f.all");
  Texts texts{seed()};
  for (int i = cases(); i > 0; --i) {
    json args = json::object();
    for (const ArgumentSpec& spec : task.args) {
      if (texts.below(20) != 0) args[spec.name] = any_value(texts);
    }
    if (texts.below(20) == 0) args[texts.next()] = 1;
    try {
      json stored = json::parse(plan_job("f.all", &task, args, {}, {}).args);
      EXPECT_FALSE(has_open_dates(task, stored));
      resolve_moments(task, stored, std::chrono::system_clock::time_point{});
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInvalid) << error.what();
    }
    const ArgumentSpec& spec = task.args.at(texts.below(task.args.size()));
    try {
      static_cast<void>(argument_from_text(spec, texts.next()));
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInvalid) << error.what();
    }
  }
}

}  // namespace
}  // namespace stint::test
