#include "stint/types.hpp"
#include <set>
#include <gtest/gtest.h>
#include "stint/arg.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

TEST(JobStateNames, ReadBackAsTheSameState) {
  std::set<std::string_view> names;
  for (int number = 1; number <= 9; ++number) {
    const auto state = static_cast<JobState>(number);
    EXPECT_EQ(parse_job_state(to_string(state)), state);
    names.insert(to_string(state));
  }
  EXPECT_EQ(names.size(), 9U);
}

TEST(JobStateNames, RefusesOtherNames) {
  EXPECT_EQ(parse_job_state("Queued"), std::nullopt);
  EXPECT_EQ(parse_job_state(""), std::nullopt);
  EXPECT_EQ(to_string(static_cast<JobState>(200)), "unknown");
}

TEST(JobStateNames, OnlyThreeAreFinal) {
  for (int number = 1; number <= 9; ++number) {
    const auto state = static_cast<JobState>(number);
    EXPECT_EQ(is_final(state), number >= 4 && number <= 6) << to_string(state);
  }
}

TEST(ArgumentTypeNames, ReadBackAsTheSameType) {
  for (int number = 0; number <= static_cast<int>(ArgumentType::kObject); ++number) {
    const auto type = static_cast<ArgumentType>(number);
    EXPECT_EQ(parse_argument_type(to_string(type)), type);
  }
  EXPECT_EQ(parse_argument_type("text"), std::nullopt);
}

TEST(ErrorCodes, HaveTheExitCodesOfTheCommandLine) {
  EXPECT_EQ(exit_code(ErrorCode::kFailed), 1);
  EXPECT_EQ(exit_code(ErrorCode::kUsage), 2);
  EXPECT_EQ(exit_code(ErrorCode::kInvalid), 2);
  EXPECT_EQ(exit_code(ErrorCode::kNotFound), 3);
  EXPECT_EQ(exit_code(ErrorCode::kNotOwner), 4);
  EXPECT_EQ(exit_code(ErrorCode::kLost), 5);
  EXPECT_EQ(exit_code(ErrorCode::kUnavailable), 69);
  EXPECT_EQ(exit_code(ErrorCode::kInternal), 70);
  EXPECT_EQ(exit_code(ErrorCode::kBusy), 75);
  EXPECT_EQ(exit_code(ErrorCode::kConfiguration), 78);
}

TEST(ConfigurationErrors, HaveOneLineAProblem) {
  const ConfigurationError error{{"first", "second"}};
  EXPECT_STREQ(error.what(), "first\nsecond");
  EXPECT_EQ(error.problems().size(), 2U);
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
}

TEST(JobFailedErrors, KeepWhatIsKnownOfTheJob) {
  const JobFailed error{JobId{7}, JobState::kAborted, "aborted", "not needed any more"};
  EXPECT_EQ(error.id(), JobId{7});
  EXPECT_EQ(error.state(), JobState::kAborted);
  EXPECT_EQ(error.cause(), "aborted");
  EXPECT_STREQ(error.what(), "not needed any more");
}

TEST(StoppedErrors, SayWhy) {
  EXPECT_STREQ(Stopped{StopReason::kTimeout}.what(),
               "the job was asked to stop: its timeout has passed");
  EXPECT_EQ(Stopped{StopReason::kLost}.reason(), StopReason::kLost);
}

}  // namespace
}  // namespace stint
