#include "config/command_arguments.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "config/load_settings.hpp"
#include "core/command_task.hpp"

namespace stint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// Read a task with one argument, `x`, whose table has these lines.
class CommandArguments : public ::testing::Test {
 protected:
  const ArgumentSpec& argument(std::string_view lines, std::string_view of_task = "") {
    read(lines, of_task);
    EXPECT_THAT(problems_, IsEmpty());
    return settings_->state().commands.at(0).task.args.at(0);
  }

  std::vector<std::string> problems(std::string_view lines, std::string_view of_task = "") {
    read(lines, of_task);
    return problems_;
  }

 private:
  void read(std::string_view lines, std::string_view of_task) {
    problems_.clear();
    const std::string toml = "[tasks.\"a.b\"]\ncommand = [\"x\", \"{x}\"]\n" +
                             std::string{of_task} + "[tasks.\"a.b\".args.x]\n" + std::string{lines};
    settings_.emplace(
        read_settings({.toml = toml, .environment = std::map<std::string, std::string>{}}, {},
                      UnknownSettings::kRefused, problems_));
  }

  std::optional<Settings> settings_;
  std::vector<std::string> problems_;
};

TEST_F(CommandArguments, HaveTheWordsOfArg) {
  const std::pair<const char*, ArgumentType> types[] = {
      {"string", ArgumentType::kString},  {"integer", ArgumentType::kInteger},
      {"number", ArgumentType::kNumber},  {"boolean", ArgumentType::kBoolean},
      {"date", ArgumentType::kDay},       {"moment", ArgumentType::kTime},
      {"time", ArgumentType::kTimeOfDay}, {"duration", ArgumentType::kDuration},
      {"list", ArgumentType::kArray},     {"object", ArgumentType::kObject},
      {"any", ArgumentType::kAny}};
  for (const auto& [word, type] : types) {
    SCOPED_TRACE(word);
    const std::string quoted = "\"" + std::string{word} + "\"";
    EXPECT_EQ(argument("type = " + quoted).type, type);
    EXPECT_EQ(argument("type = \"list\"\nelement = " + quoted).element, type);
  }
  EXPECT_EQ(argument("").type, ArgumentType::kString);
}

TEST_F(CommandArguments, HaveZonesAsTasksHave) {
  const ArgumentSpec own =
      argument("type = \"date\"\nzone = \"America/New_York\"\ndefault = \"today-1d\"");
  EXPECT_EQ(own.zone, "America/New_York");
  EXPECT_EQ(own.default_value, json("today-1d"));
  argument("type = \"moment\"", "zone = \"Europe/Berlin\"\n");
  EXPECT_THAT(problems("type = \"moment\"\nzone = \"Europe/Berln\"", "zone = \"Mars\"\n"),
              ElementsAre(HasSubstr("argument \"x\": zone: \"Europe/Berln\" is no time zone"),
                          HasSubstr("zone: \"Mars\" is no time zone")));
  EXPECT_THAT(problems("zone = \"Europe/Berlin\""),
              ElementsAre(HasSubstr("zone() is for dates and moments")));
}

TEST_F(CommandArguments, HaveBounds) {
  const ArgumentSpec whole = argument("type = \"integer\"\nminimum = 1\nmaximum = 9\ndefault = 3");
  EXPECT_EQ(whole.minimum, 1);
  EXPECT_EQ(whole.maximum, 9);
  EXPECT_THAT(problems("type = \"number\"\nmaximum = 0.5\ndefault = 0.75"),
              ElementsAre(HasSubstr("the default 0.75 is more than 0.5")));
  EXPECT_THAT(
      problems("type = \"number\"\nminimum = \"x\""),
      ElementsAre(AllOf(HasSubstr("args.x.minimum is \"x\""), HasSubstr("write a number"))));
}

TEST_F(CommandArguments, SayWhatAnotherWordIsCalledHere) {
  EXPECT_THAT(problems("type = \"day\"\nzone = \"UTC\"\ndefault = \"today\""),
              ElementsAre("stint.toml:4: tasks.\"a.b\".args.x.type is \"day\"; write \"date\""));
  EXPECT_THAT(problems("type = \"time_of_day\""), ElementsAre(HasSubstr("write \"time\"")));
  EXPECT_THAT(problems("type = \"bytes\""), ElementsAre(HasSubstr("the name of a file")));
  EXPECT_THAT(problems("type = \"intger\""),
              ElementsAre(AllOf(HasSubstr("write one of string, integer, number, boolean, date, "),
                                HasSubstr("did you mean \"integer\"?"))));
  EXPECT_THAT(problems("type = 3"), ElementsAre(HasSubstr("args.x.type is 3; write a string")));
}

TEST_F(CommandArguments, TellAMomentFromATimeOfDay) {
  EXPECT_EQ(argument("type = \"time\"\ndefault = \"07:30\"").default_value, json("07:30"));
  for (const char* value : {"\"now-1h\"", "2026-11-21T12:00:00Z", "\"2026-11-21\""}) {
    const std::string text = std::string{"type = \"time\"\ndefault = "} + value;
    EXPECT_THAT(problems(text), ::testing::Contains(HasSubstr("a point in time is a \"moment\"")))
        << text;
  }
  EXPECT_THAT(problems("type = \"list\"\nelement = \"time\"\ndefault = [\"now\"]"),
              ::testing::Contains(HasSubstr("args.x.element is \"time\", a time of day")));
  EXPECT_THAT(problems("type = \"time\"\ndefault = \"noon\""),
              ElementsAre(Not(HasSubstr("moment"))));
}

TEST_F(CommandArguments, ReportAllMistakesAtOnce) {
  EXPECT_THAT(
      problems("type = \"dat\"\nelement = \"txt\"\nrequird = true\nhelp = 3\n"),
      UnorderedElementsAre(HasSubstr("there is no \"requird\" in it (did you mean \"required\"?)"),
                           HasSubstr("stint.toml:7: tasks.\"a.b\".args.x.help is 3"),
                           AllOf(HasSubstr("stint.toml:4: "), HasSubstr("did you mean \"date\"?")),
                           HasSubstr("stint.toml:5: tasks.\"a.b\".args.x.element is \"txt\"")));
}

}  // namespace
}  // namespace stint
