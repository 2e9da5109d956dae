#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/time_format.hpp"
#include "stint/liveness.hpp"
#include "stint/lock_backend.hpp"

namespace stint {
namespace {

using ::testing::MatchesRegex;

TEST(LockOwner, NamesThisProcessAndNothingPrivate) {
  const json value = this_process_as_owner("example.oneinstance");
  EXPECT_EQ(value["task"], "example.oneinstance");
  EXPECT_GT(value["pid"], 0);
  EXPECT_THAT(value["id"].get<std::string>(),
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(value["id"], json(this_process_as_owner("example.oneinstance"))["id"]);
  for (const char* const name : {"host", "boot_id", "version", "fqdn", "time_utc", "time_local"}) {
    EXPECT_FALSE(value[name].get<std::string>().empty()) << name;
  }
  EXPECT_TRUE(value["timestamp"].is_number_integer());
}

TEST(LockOwner, HasTimesAsJobslibWritesThem) {
  LockOwner owner;
  owner.acquired_at = "2020-07-03T13:53:25.250Z";
  const json value = owner;
  EXPECT_EQ(value["timestamp"], 1593784405);
  EXPECT_EQ(value["time_utc"], "2020-07-03 13:53:25");
}

TEST(LockOwner, IsTheSameAfterTheWayThroughJson) {
  const LockOwner owner = this_process_as_owner("a.b");
  const json value = owner;
  EXPECT_EQ(json(value.get<LockOwner>()), value);
}

TEST(LockOwner, IsReadFromJobslibsValue) {
  const auto owner =
      json::parse(R"({"fqdn": "a.example", "timestamp": 1593784405, "time_utc": "x"})")
          .get<LockOwner>();
  EXPECT_EQ(owner.fqdn, "a.example");
  EXPECT_EQ(owner.acquired_at, "2020-07-03T13:53:25.000Z");
}

TEST(LockOwner, IsReadFromAnything) {
  for (const char* const text :
       {"null", "[]", "3", R"("x")", R"({"pid": "x", "host": 3, "timestamp": "y"})",
        R"({"timestamp": -1})", R"({"timestamp": 1e300})", R"({"pid": 1e30})"}) {
    const auto owner = json::parse(text).get<LockOwner>();
    EXPECT_EQ(owner.pid, 0) << text;
    EXPECT_EQ(owner.acquired_at, "") << text;
  }
}

TEST(LivenessStamp, HasJobslibsFieldsAndIsReadBack) {
  const json value = stamp_of_this_process("succeeded");
  EXPECT_TRUE(value["timestamp"].is_number_integer());
  const auto stamp = value.get<LivenessStamp>();
  EXPECT_EQ(stamp.state, "succeeded");
  EXPECT_TRUE(parse_time(stamp.time));
}

}  // namespace
}  // namespace stint
