#include "cli/failure.hpp"
#include <stdexcept>
#include <gtest/gtest.h>
#include "cli/cannot_write.hpp"
#include "cli/output.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

template <typename Thrown>
Failure describe(Thrown thrown) {
  return describe_failure(std::make_exception_ptr(std::move(thrown)), "stint", "hint");
}

TEST(DescribeFailure, GivesEachKindItsExitCode) {
  const std::pair<ErrorCode, int> kinds[] = {
      {ErrorCode::kUsage, 2},          {ErrorCode::kInvalid, 2}, {ErrorCode::kNotFound, 3},
      {ErrorCode::kNotOwner, 4},       {ErrorCode::kLost, 5},    {ErrorCode::kUnavailable, 69},
      {ErrorCode::kConfiguration, 78}, {ErrorCode::kBusy, 75},   {ErrorCode::kInternal, 70}};
  for (const auto& [code, exit] : kinds) {
    EXPECT_EQ(describe(Error{code, "message"}).exit_code, exit);
  }
}

TEST(DescribeFailure, HintsAtTheHelpForUsageAlone) {
  EXPECT_EQ(describe(Error{ErrorCode::kUsage, "what"}).message, "stint: error: what\nhint");
  EXPECT_EQ(describe(Error{ErrorCode::kInvalid, "what"}).message, "stint: error: what");
}

TEST(DescribeFailure, ListsEveryProblemOfTheConfiguration) {
  EXPECT_EQ(describe(ConfigurationError{{"one", "two"}}).message,
            "stint: error: 2 problems:\n  - one\n  - two");
  EXPECT_EQ(describe(ConfigurationError{{"one"}}).message, "stint: error: one");
}

TEST(DescribeFailure, CallsAFullDiskNoDefect) {
  EXPECT_EQ(describe(CannotWrite{"no room"}).exit_code, 1);
}

TEST(DescribeFailure, EndsQuietlyWhenTheReaderIsGone) {
  const Failure failure = describe(ClosedPipe{});
  EXPECT_EQ(failure.exit_code, 0);
  EXPECT_EQ(failure.message, "");
}

TEST(DescribeFailure, MakesControlCharactersHarmless) {
  EXPECT_EQ(describe(Error{ErrorCode::kInvalid, "a\x1b[2Jb\nc"}).message,
            "stint: error: a\\x1b[2Jb\nc");
}

TEST(DescribeFailure, TellsOfWritesThatMayHaveHappened) {
  const Failure failure =
      describe(Error{ErrorCode::kUnavailable, "cut off", {.outcome_unknown = true}});
  EXPECT_NE(failure.message.find("whether it took effect"), std::string::npos);
}

TEST(DescribeFailure, TakesWhatIsNoError) {
  EXPECT_EQ(describe(std::runtime_error{"x"}).exit_code, 70);
  EXPECT_EQ(describe(7).exit_code, 70);
}

TEST(WithOwnCommands, NamesThisProgramAndTheStoreOfItsLine) {
  const std::string said = "no tables; make them with `stint db init`, or `stint db migrate`";
  EXPECT_EQ(with_own_commands(said, "hello", ""),
            "no tables; make them with `hello db init`, or `hello db migrate`");
  EXPECT_EQ(with_own_commands("`stint db init`", "hello", "sqlite:a.db"),
            "`hello db init --store sqlite:a.db`");
  EXPECT_EQ(with_own_commands("`stint db init`", "hello", "postgresql://h/d?schema=a&b=c"),
            "`hello db init --store 'postgresql://h/d?schema=a&b=c'`");
  EXPECT_EQ(with_own_commands("`stint db init`", "hello", "postgresql://u:secret@h/d"),
            "`hello db init`");
  EXPECT_EQ(with_own_commands("`stint db init", "hello", ""), "`stint db init");
}

}  // namespace
}  // namespace stint::cli
