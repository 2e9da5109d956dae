#include "core/command_task.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string filled(std::string_view text, const json& args) {
  return ArgumentTemplate{text}.fill(args).value_or("(nothing)");
}

std::string problem_of(std::string_view text) {
  try {
    const ArgumentTemplate made{text};
    return "none";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalid);
    return error.what();
  }
}

TEST(ArgumentTemplate, PutsValuesIn) {
  EXPECT_EQ(filled("{a}", {{"a", "x"}}), "x");
  EXPECT_EQ(filled("--db={a}:{b}.", {{"a", "x"}, {"b", 7}}), "--db=x:7.");
  EXPECT_EQ(filled("plain", json::object()), "plain");
  EXPECT_EQ(filled("", json::object()), "");
}

TEST(ArgumentTemplate, WritesWhatIsNoTextAsJson) {
  EXPECT_EQ(filled("{a}", {{"a", 0.5}}), "0.5");
  EXPECT_EQ(filled("{a}", {{"a", true}}), "true");
  EXPECT_EQ(filled("{a}", {{"a", {1, "x y"}}}), R"([1,"x y"])");
  EXPECT_EQ(filled("{a}", {{"a", {{"k", "v"}}}}), R"({"k":"v"})");
}

TEST(ArgumentTemplate, LooksIntoNoValue) {
  EXPECT_EQ(filled("{a}", {{"a", "{b} $(id) 'x' \"y\"\n`z`"}, {"b", "no"}}),
            "{b} $(id) 'x' \"y\"\n`z`");
}

TEST(ArgumentTemplate, TakesDoubledBracesForBraces) {
  EXPECT_EQ(filled("{{a}} {{{a}}}", {{"a", "x"}}), "{a} {x}");
  EXPECT_THAT(ArgumentTemplate{"{{a}}"}.names(), IsEmpty());
}

TEST(ArgumentTemplate, IsNothingWithoutTheOneValueThatItIs) {
  EXPECT_EQ(filled("{a}", json::object()), "(nothing)");
  EXPECT_EQ(filled("{a}", {{"a", nullptr}}), "(nothing)");
  EXPECT_EQ(filled("{a}", {{"a", ""}}), "");
  EXPECT_EQ(filled("--db={a}", json::object()), "--db=");
}

TEST(ArgumentTemplate, NamesItsArguments) {
  EXPECT_THAT(ArgumentTemplate{"{a}-{b}{a}"}.names(), ElementsAre("a", "b", "a"));
}

TEST(ArgumentTemplate, RefusesSingleBraces) {
  EXPECT_THAT(problem_of("{a"), HasSubstr("not closed"));
  EXPECT_THAT(problem_of("{a{b}"), HasSubstr("not closed"));
  EXPECT_THAT(problem_of("a}"), HasSubstr("closes nothing"));
  EXPECT_THAT(problem_of("{}"), HasSubstr("without a name"));
  EXPECT_THAT(problem_of("{"), HasSubstr("not closed"));
}

TEST(FillCommand, DropsWhatIsNotThere) {
  CommandSpec spec;
  for (const char* const word : {"dump", "{flag}", "--to={to}", "{database}"}) {
    spec.command.emplace_back(word);
  }
  spec.environment.emplace_back("MODE", ArgumentTemplate{"{mode}"});
  spec.environment.emplace_back("HOST", ArgumentTemplate{"h-{database}"});
  spec.working_directory = ArgumentTemplate{"{folder}"};
  const FilledCommand bare = fill_command(spec, {{"database", "a b"}});
  EXPECT_THAT(bare.arguments, ElementsAre("dump", "--to=", "a b"));
  EXPECT_THAT(bare.environment, ElementsAre(Pair("HOST", "h-a b")));
  EXPECT_EQ(bare.working_directory, "");
  const FilledCommand full =
      fill_command(spec, {{"database", "d"}, {"flag", "-v"}, {"mode", 1}, {"folder", "/srv"}});
  EXPECT_THAT(full.arguments, ElementsAre("dump", "-v", "--to=", "d"));
  EXPECT_THAT(full.environment, ElementsAre(Pair("MODE", "1"), Pair("HOST", "h-d")));
  EXPECT_EQ(full.working_directory, "/srv");
}

TEST(FillCommand, RefusesNul) {
  CommandSpec spec;
  spec.command.emplace_back("x");
  spec.command.emplace_back("{a}");
  EXPECT_THROW(fill_command(spec, {{"a", std::string{"a\0b", 3}}}), Error);
}

}  // namespace
}  // namespace stint
