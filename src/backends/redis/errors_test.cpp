#include "backends/redis/errors.hpp"
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint::redis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Error refusal(const std::string& answer) {
  return refusal_error(Server{}, answer, "acquire", "stint:lock:{a}");
}

TEST(RedisErrors, TellWhatMayPassFromWhatMustBeMended) {
  for (const char* passing : {"LOADING Redis is loading", "READONLY You can't write", "OOM command",
                              "MISCONF Redis is configured", "BUSY Redis is busy"}) {
    EXPECT_EQ(refusal(passing).code(), ErrorCode::kUnavailable) << passing;
    EXPECT_TRUE(refusal(passing).retryable()) << passing;
  }
  for (const char* lasting : {"NOAUTH Authentication required.", "WRONGPASS invalid", "NOPERM this",
                              "WRONGTYPE Operation", "MOVED 1 127.0.0.1:1", "ERR what"}) {
    EXPECT_EQ(refusal(lasting).code(), ErrorCode::kConfiguration) << lasting;
    EXPECT_FALSE(refusal(lasting).retryable()) << lasting;
  }
}

TEST(RedisErrors, NameServerKeyCauseAndWayOut) {
  EXPECT_THAT(refusal("WRONGTYPE Operation against a key").what(),
              AllOf(HasSubstr("127.0.0.1:6379"), HasSubstr("stint:lock:{a}"),
                    HasSubstr("somebody else's"), HasSubstr("choose another `key`")));
}

TEST(RedisErrors, FindTheCauseInsideAScriptsError) {
  EXPECT_EQ(
      refusal("ERR Error running script (call to f_1): @user_script:1: WRONGTYPE Operation").code(),
      ErrorCode::kConfiguration);
  EXPECT_THAT(
      refusal("ERR Error running script (call to f_1): @user_script: 1: -OOM command").what(),
      HasSubstr("limit of memory"));
}

TEST(RedisErrors, ShowNoControlCharactersOfAServer) {
  EXPECT_THAT(refusal("ERR \x1b[31m\n\xff").what(),
              AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace stint::redis
