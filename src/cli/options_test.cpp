#include "cli/options.hpp"
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::cli {
namespace {

class Line : public ::testing::Test {
 protected:
  Line() {
    table.integer({"--limit", "-n"}, limit, 1, 100, "how many");
    table.flag({"--json", "-j"}, json, "as JSON");
    table.list({"--tag"}, "TAG", tags, "labels");
    table.text({"--sleep-interval"}, "S", interval, "a pause");
    Option& color = table.flag({"--color"}, color_on, "colours");
    color.is_negatable = true;
    table.positional("TASK", task, "what");
    table.positionals("ARGUMENT", rest, "more").is_required = false;
  }

  void parse(const std::vector<std::string>& words) { table.parse(words); }

  std::string refusal(const std::vector<std::string>& words) {
    try {
      parse(words);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return "";
  }

  OptionTable table;
  std::optional<int> limit;
  bool json = false;
  bool color_on = true;
  std::vector<std::string> tags;
  std::string interval;
  std::string task;
  std::vector<std::string> rest;
};

TEST_F(Line, TakesOptionsAmongPositionals) {
  parse({"--limit", "7", "a.b", "-j", "--tag", "x", "c", "--tag=y", "--sleep_interval=5"});
  EXPECT_EQ(limit, 7);
  EXPECT_TRUE(json);
  EXPECT_EQ(tags, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(interval, "5");
  EXPECT_EQ(task, "a.b");
  EXPECT_EQ(rest, std::vector<std::string>{"c"});
}

TEST_F(Line, JoinsShortOptions) {
  parse({"-jn9", "t"});
  EXPECT_TRUE(json);
  EXPECT_EQ(limit, 9);
}

TEST_F(Line, NegatesSwitches) {
  parse({"--no-color", "t"});
  EXPECT_FALSE(color_on);
}

TEST_F(Line, KeepsValuesAsTheyAre) {
  parse({"t", "list:=[1, 2]", R"(["p","q"])", "", "-5", "-.5", "-", "--tag=--json", "--tag", "--x",
         "--tag", "-x"});
  EXPECT_EQ(rest, (std::vector<std::string>{"list:=[1, 2]", R"(["p","q"])", "", "-5", "-.5", "-"}));
  EXPECT_EQ(tags, (std::vector<std::string>{"--json", "--x", "-x"}));
  EXPECT_FALSE(json);
}

TEST_F(Line, DoesNotTakeAnOptionForAValue) {
  EXPECT_EQ(refusal({"t", "--tag", "--json"}),
            "--tag needs a value, and --json is an option; if it is the value, write --tag=--json");
  EXPECT_EQ(refusal({"t", "--tag", "--sleep_interval=5"}),
            "--tag needs a value, and --sleep_interval=5 is an option; if it is the value, write "
            "--tag=--sleep_interval=5");
  EXPECT_EQ(refusal({"t", "-jn", "-j"}),
            "-n needs a value, and -j is an option; if it is the value, write -n-j");
  EXPECT_EQ(refusal({"t", "--tag", "--no-color"}),
            "--tag needs a value, and --no-color is an option; if it is the value, write "
            "--tag=--no-color");
  EXPECT_EQ(refusal({"t", "--tag", "--"}), "--tag needs a value: --tag TAG");
  EXPECT_TRUE(tags.empty());
}

TEST_F(Line, TakesEverythingBehindTwoDashes) {
  parse({"t", "--", "--json", "-n"});
  EXPECT_EQ(rest, (std::vector<std::string>{"--json", "-n"}));
  EXPECT_FALSE(json);
}

TEST_F(Line, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(refusal({"t", "--limt", "5"}), "unknown option --limt (did you mean \"--limit\"?)");
  EXPECT_EQ(refusal({"t", "--limit"}), "--limit needs a value: --limit N");
  EXPECT_EQ(refusal({"t", "--limit", "0"}), "--limit: \"0\" is no whole number from 1 to 100");
  EXPECT_EQ(refusal({"t", "--json=yes"}), "--json takes no value");
  EXPECT_EQ(refusal({"t", "--no-json"}).find("unknown option --no-json"), 0U);
}

TEST_F(Line, RefusesASecondValue) {
  EXPECT_EQ(refusal({"t", "-n1", "--limit", "2"}), "--limit is given twice");
}

TEST_F(Line, NamesWhatIsMissing) { EXPECT_EQ(refusal({"--json"}), "missing: TASK"); }

TEST(OptionTable, RefusesOnePositionalTooMany) {
  OptionTable none;
  EXPECT_THROW(none.parse(std::vector<std::string>{"a"}), Error);
  OptionTable one;
  std::string value;
  one.positional("ID", value, "");
  EXPECT_THROW(one.parse(std::vector<std::string>{"a", "b"}), Error);
}

TEST(ParseWholeNumber, ReadsTheWholeText) {
  EXPECT_EQ(parse_whole_number("-5", -10, 10), -5);
  for (const char* text :
       {"", " 5", "5 ", "5x", "0x5", "+5", "5.0", "99999999999999999999", "11"}) {
    EXPECT_THROW(parse_whole_number(text, -10, 10), Error) << text;
  }
}

}  // namespace
}  // namespace stint::cli
