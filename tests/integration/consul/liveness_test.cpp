// The stamps of liveness on a Consul.
#include "stint/liveness.hpp"
#include <chrono>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/base64.hpp"
#include "base/clock.hpp"
#include "consul_test_base.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ConsulLiveness : public ConsulTest {
 protected:
  std::unique_ptr<LivenessBackend> open() const {
    return make_consul_liveness(consul_liveness_options(address, key, "key = \"" + key + "\"\n"));
  }
  void put(const std::string& value) const {
    ASSERT_EQ(ask("PUT", "/v1/kv/" + key, value).status, 200);
  }
};

TEST_F(ConsulLiveness, KeepsTheTwoStampsApart) {
  const auto liveness = open();
  EXPECT_FALSE(liveness->read().success);
  liveness->write(LivenessKind::kSignOfLife, stamp_of_this_process("waiting"));
  EXPECT_FALSE(liveness->read().success);
  liveness->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  liveness->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  const LivenessRecord record = open()->read();
  ASSERT_TRUE(record.success);
  ASSERT_TRUE(record.sign_of_life);
  EXPECT_EQ(record.success->state, "succeeded");
  EXPECT_EQ(record.sign_of_life->state, "waiting");
  EXPECT_GE(record.success->age, 0ns);
  EXPECT_LT(record.success->age, 1min);
  EXPECT_EQ(ask("GET", "/v1/kv/" + key + "/alive").status, 200);
  // What jobslib reads is there.
  const json value = json::parse(decode_base64(entry()["Value"].get<std::string>()).value());
  EXPECT_TRUE(value["timestamp"].is_number());
  EXPECT_TRUE(value["fqdn"].is_string());
}

TEST_F(ConsulLiveness, ReadsWhatJobslibWrites) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      real_clock().system_now().time_since_epoch());
  put(json{{"fqdn", "old.example.org"},
           {"timestamp", now.count() - 100},
           {"time_utc", "ignored"},
           {"time_local", "ignored"}}
          .dump());
  const LivenessRecord record = open()->read();
  ASSERT_TRUE(record.success);
  EXPECT_EQ(record.success->fqdn, "old.example.org");
  EXPECT_NEAR(static_cast<double>(record.success->age / 1s), 100, 10);
}

TEST_F(ConsulLiveness, TakesWhatIsNoStampForNone) {
  for (const char* value : {"", "x", "[]", "{}", R"({"timestamp": "x"})", R"({"time": 7})",
                            R"({"timestamp": 1e300})"}) {
    put(value);
    EXPECT_FALSE(open()->read().success) << value;
  }
}

TEST_F(ConsulLiveness, IsNeverYoungerThanNow) {
  put(R"({"timestamp": 4000000000})");
  ASSERT_TRUE(open()->read().success);
  EXPECT_EQ(open()->read().success->age, 0ns);
}

TEST_F(ConsulLiveness, NeverWritesOverALock) {
  const auto lock = make_lock();
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  const json before = entry();
  const Error error =
      error_of([&] { open()->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded")); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), HasSubstr("is held as a lock"));
  EXPECT_EQ(entry(), before);
  EXPECT_TRUE(lock->release({.owner_id = request.owner.id, .token = held.token}));
}

TEST_F(ConsulLiveness, NeverWritesOverWhatIsNoStamp) {
  put("somebody's text");
  const json before = entry();
  EXPECT_EQ(error_of([&] {
              open()->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
            }).code(),
            ErrorCode::kConfiguration);
  EXPECT_EQ(entry(), before);
}

TEST_F(ConsulLiveness, KeepsOffTheLockOfTheTaskUnlessAKeyIsGiven) {
  const auto lock = make_lock();
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  const auto liveness = make_consul_liveness(consul_liveness_options(address, key));
  liveness->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  EXPECT_TRUE(liveness->read().success);
  EXPECT_EQ(ask("GET", "/v1/kv/" + key + "/liveness").status, 200);
  EXPECT_TRUE(lock->release({.owner_id = request.owner.id, .token = held.token}));
}

}  // namespace
}  // namespace stint::test
