// `lock status|release|plan` as a user's shell sees them.
#include <unistd.h>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "stint/one_instance_lock.hpp"
#include "stint/settings.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

class LockCommand : public ::testing::Test {
 protected:
  LockCommand() {
    program_.write_file("stint.toml",
                        "[one_instance.flock]\ndirectory = \"" + program_.folder() + "/locks\"\n");
  }

  OneInstanceLock lock(const std::string& task) const {
    return OneInstanceLock::open(
        load_settings(LoadOptions{.file = program_.folder() + "/stint.toml"}), task);
  }

  Program program_{"stint"};
};

TEST_F(LockCommand, TellsWhoHoldsALock) {
  EXPECT_THAT(program_.output({"lock", "status", "a.b"}),
              HasSubstr("the lock of a.b (flock): free"));
  OneInstanceLock held = lock("a.b");
  const LockResult won = held.try_acquire();
  ASSERT_TRUE(won);
  const std::string shown = program_.output({"lock", "status", "a.b"});
  EXPECT_THAT(shown, HasSubstr("held"));
  EXPECT_THAT(shown, HasSubstr("(pid " + std::to_string(::getpid()) + "), since 20"));
  EXPECT_THAT(shown, HasSubstr(std::to_string(won.token)));
  const json line = json::parse(program_.output({"lock", "status", "a.b", "--json"}));
  EXPECT_EQ(line["state"], "held");
  EXPECT_EQ(line["backend"], "flock");
  EXPECT_EQ(line["token"], won.token);
  EXPECT_EQ(line["owner"]["pid"], ::getpid());
  EXPECT_EQ(line["expires_in"], nullptr);
  EXPECT_THAT(program_.output({"lock", "status", "--lock-name", "stint/a.b"}), HasSubstr("held"));
  held.release();
  EXPECT_THAT(program_.output({"lock", "status", "a.b"}), HasSubstr("free"));
}

TEST_F(LockCommand, NamesTheHolderAndTakesNothingAwayUnasked) {
  OneInstanceLock held = lock("a.b");
  ASSERT_TRUE(held.try_acquire());
  const ProcessResult refused = program_.run({"lock", "release", "a.b"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("(pid " + std::to_string(::getpid()) + ")"));
  EXPECT_THAT(refused.err, HasSubstr("end that process"));
  const ProcessResult impossible = program_.run({"lock", "release", "a.b", "--yes"});
  EXPECT_EQ(impossible.exit_code, 2);
  EXPECT_THAT(impossible.err, HasSubstr("end the process"));
  EXPECT_TRUE(held.check());
  held.release();
  EXPECT_THAT(program_.output({"lock", "release", "a.b"}), HasSubstr("free already"));
}

TEST_F(LockCommand, PlansTheTimes) {
  const json plan = json::parse(program_.output({"lock", "plan", "--ttl", "30", "--json"}));
  EXPECT_EQ(plan["stop_after"], 21.9);
  EXPECT_EQ(plan["kill_after"], 29.4);
  EXPECT_EQ(plan["taken_over_after"], 42.0);
  const ProcessResult refused = program_.run({"lock", "plan", "--ttl", "10", "--timeout", "5"});
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_THAT(refused.err, HasSubstr("is the smallest that works"));
}

TEST_F(LockCommand, SaysWhatIsWrong) {
  const auto error_of = [&](const std::vector<std::string>& words, int exit_code) {
    const ProcessResult result = program_.run(words);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return result.err;
  };
  EXPECT_THAT(error_of({"lock", "status"}, 2), HasSubstr("say which lock"));
  EXPECT_THAT(error_of({"lock", "plan"}, 2), HasSubstr("--ttl"));
  program_.set("STINT_ONE_INSTANCE_BACKEND", "flok");
  EXPECT_THAT(error_of({"lock", "status", "a.b"}, 78), HasSubstr("did you mean \"flock\"?"));
  EXPECT_THAT(error_of({"settings", "check"}, 78), HasSubstr("did you mean \"flock\"?"));
  program_.set("STINT_ONE_INSTANCE_BACKEND", "redis");
  program_.set("STINT_ONE_INSTANCE_REDIS_TTL", "10");
  program_.set("STINT_ONE_INSTANCE_REDIS_TIMEOUT", "3");
  program_.set("STINT_LIVENESS_BACKEND", "zookeeper");
  const std::string both = error_of({"settings", "check"}, 78);
  EXPECT_THAT(both, HasSubstr("is the smallest that works"));
  EXPECT_THAT(both, HasSubstr("liveness.backend is \"zookeeper\""));
  EXPECT_THAT(error_of({"run", "--lock-name", "a", "--run-once", "--", "true"}, 78),
              HasSubstr("zookeeper"));
  EXPECT_THAT(error_of({"run", "--lock-name", "", "--run-once", "--", "true"}, 2),
              HasSubstr("the name of a lock is empty"));
  program_.set("STINT_LIVENESS_BACKEND", "dummy");
  program_.set("STINT_ONE_INSTANCE_BACKEND", "dummy");
  program_.set("STINT_ONE_INSTANCE_REQUIRE_EXCLUSIVE", "true");
  EXPECT_THAT(error_of({"lock", "status", "a.b"}, 78), HasSubstr("grants its lock to everybody"));
}

TEST_F(LockCommand, PlansWithTheLimitsOfTheSettings) {
  const auto refusal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"lock", "plan"});
    const ProcessResult result = program_.run(words);
    EXPECT_EQ(result.exit_code, 78) << result.out;
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  EXPECT_EQ(refusal({"--ttl", "1s"}),
            "stint: error: a ttl of 1s is too short: the backends take 10s to 1d\n");
  EXPECT_EQ(refusal({"--ttl", "2d", "--backend", "redis"}),
            "stint: error: a ttl of 2d is too long: [one_instance.redis] takes 10s to 1d\n");
  EXPECT_EQ(refusal({"--ttl", "9.9", "--backend", "consul"}),
            "stint: error: a ttl of 9.9s is too short: [one_instance.consul] takes 10s to 1d, as "
            "Consul itself does\n");
  EXPECT_THAT(refusal({"--ttl", "5", "--lock-delay", "2m", "--backend", "consul"}),
              ::testing::AllOf(HasSubstr("2 problems"), HasSubstr("a ttl of 5s is too short"),
                               HasSubstr("a lock_delay of 2m is too long")));
  EXPECT_THAT(refusal({"--ttl", "10", "--timeout", "5s"}), HasSubstr("is the smallest that works"));
  // Whatever it refuses, the settings refuse.
  program_.write_file("short.toml", "[one_instance.redis]\nttl = \"1s\"\n");
  const ProcessResult settings = program_.run({"settings", "check", "-s", "short.toml"});
  EXPECT_EQ(settings.exit_code, 78);
  EXPECT_THAT(settings.err, HasSubstr("10s to 1d"));
  const json plan = json::parse(
      program_.output({"lock", "plan", "--ttl", "10", "--backend", "consul", "--json"}));
  EXPECT_EQ(plan["ttl"], 10);
  EXPECT_EQ(plan["lock_delay"], 15);
  EXPECT_EQ(program_.run({"lock", "plan", "--ttl", "30", "--backend", "flock"}).exit_code, 2);
}

}  // namespace
}  // namespace stint::test
