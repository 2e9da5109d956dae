// A task's stamps in Redis.
#include <chrono>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "redis_lock_test_base.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* kStamps = "stint:liveness:{stint/a.b}";

class RedisLivenessTest : public RedisLockTest {
 protected:
  std::unique_ptr<LivenessBackend> liveness() {
    return make_redis_liveness({.settings = load_settings(LoadOptions{
                                    .toml = "[liveness.redis]\nurl = \"" + server().url() + "\"",
                                    .use_environment = false}),
                                .table = "liveness.redis",
                                .key = kKey});
  }
};

INSTANTIATE_TEST_SUITE_P(Servers, RedisLivenessTest, ::testing::Values("redis", "valkey"),
                         [](const auto& tested) { return std::string{tested.param}; });

TEST_P(RedisLivenessTest, AreTwoAndAgeByTheServersClock) {
  start({}, /*has_fake_clock=*/true);
  const auto stamps = liveness();
  EXPECT_FALSE(stamps->read().success);
  EXPECT_FALSE(stamps->read().sign_of_life);
  stamps->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  server().process().set_clock(100s);
  stamps->write(LivenessKind::kSignOfLife, stamp_of_this_process("waiting"));
  const LivenessRecord record = liveness()->read();
  ASSERT_TRUE(record.success && record.sign_of_life);
  EXPECT_EQ(record.success->state, "succeeded");
  EXPECT_EQ(record.sign_of_life->state, "waiting");
  EXPECT_EQ(record.success->host, record.sign_of_life->host);
  EXPECT_GE(record.success->age, 99s);
  EXPECT_LT(record.success->age, 200s);
  EXPECT_LT(record.sign_of_life->age, 50s);
  server().process().set_clock(-1h);
  EXPECT_EQ(liveness()->read().success->age, 0s) << "never negative";
}

TEST_P(RedisLivenessTest, LeaveKeysOfOthersAlone) {
  start();
  for (const std::vector<std::string>& foreign :
       {std::vector<std::string>{"SET", kStamps, "mine"}, {"HSET", kStamps, "mine", "1"}}) {
    server().run({"DEL", kStamps});
    server().run(foreign);
    const std::string before = server().run({"DUMP", kStamps});
    for (const auto& error : {error_of([&] { liveness()->read(); }), error_of([&] {
                                liveness()->write(LivenessKind::kSuccess,
                                                  stamp_of_this_process("succeeded"));
                              })}) {
      ASSERT_TRUE(error);
      EXPECT_EQ(error->code(), ErrorCode::kConfiguration);
      EXPECT_THAT(error->what(), HasSubstr("somebody else's"));
    }
    EXPECT_EQ(server().run({"DUMP", kStamps}), before);
  }
}

}  // namespace
}  // namespace stint::test
