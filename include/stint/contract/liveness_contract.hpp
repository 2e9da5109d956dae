/// The contract of a LivenessBackend, as GoogleTest's tests: run them against your own, as those of
/// a lock in lock_contract.hpp. Not part of `stint.hpp`; needs GoogleTest.
#pragma once
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <gtest/gtest.h>
#include "stint/liveness.hpp"

namespace stint::contract {

/// Makes a client of the stamps of one and the same task, as often as it is called.
using LivenessClients = std::function<std::unique_ptr<LivenessBackend>()>;

/// Where the tests get their stamps.
struct LivenessPlace {
  std::string name;
  /// Makes stamps that nobody has written yet.
  std::function<LivenessClients()> make_stamps;
  bool keeps = true;  ///< false: what is written goes nowhere
  /// Says why the tests cannot run here, a server that is not there for example: they are skipped.
  /// Empty: they can.
  std::function<std::string()> find_obstacle = {};
};

// GoogleTest looks for this name.
inline void PrintTo(const LivenessPlace& place,
                    std::ostream* to) {  // NOLINT(readability-identifier-naming)
  *to << place.name;
}

class LivenessContract : public testing::TestWithParam<LivenessPlace> {
 protected:
  void SetUp() override {
    const std::string obstacle = GetParam().find_obstacle ? GetParam().find_obstacle() : "";
    if (!obstacle.empty()) GTEST_SKIP() << obstacle;
    clients_ = GetParam().make_stamps();
  }

  std::unique_ptr<LivenessBackend> client() const { return clients_(); }
  bool keeps() const { return GetParam().keeps; }

 private:
  LivenessClients clients_;
};

TEST_P(LivenessContract, HasNothingBeforeTheFirstStamp) {
  const LivenessRecord record = client()->read();
  EXPECT_FALSE(record.success);
  EXPECT_FALSE(record.sign_of_life);
}

TEST_P(LivenessContract, ShowsAStampToEverybody) {
  const LivenessStamp stamp = stamp_of_this_process("succeeded");
  client()->write(LivenessKind::kSuccess, stamp);
  const LivenessRecord record = client()->read();
  if (!keeps()) return;
  ASSERT_TRUE(record.success);
  EXPECT_EQ(record.success->host, stamp.host);
  EXPECT_EQ(record.success->fqdn, stamp.fqdn);
  EXPECT_EQ(record.success->state, "succeeded");
  EXPECT_EQ(record.success->time, stamp.time);
  EXPECT_GE(record.success->age.count(), 0);
  EXPECT_LT(record.success->age, std::chrono::minutes{1});
  EXPECT_FALSE(record.sign_of_life) << "a success is no sign of life";
}

TEST_P(LivenessContract, KeepsBothKindsApart) {
  const auto backend = client();
  backend->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  backend->write(LivenessKind::kSignOfLife, stamp_of_this_process("waiting"));
  backend->write(LivenessKind::kSignOfLife, stamp_of_this_process("sleeping"));
  const LivenessRecord record = client()->read();
  if (!keeps()) return;
  ASSERT_TRUE(record.success);
  ASSERT_TRUE(record.sign_of_life);
  EXPECT_EQ(record.success->state, "succeeded");
  EXPECT_EQ(record.sign_of_life->state, "sleeping") << "the latest counts";
}

TEST_P(LivenessContract, TakesAnyText) {
  LivenessStamp stamp = stamp_of_this_process("failed");
  stamp.host = "a \"quoted\" 'name' \\ with \n lines, \xC3\xA9 and {braces}";
  stamp.fqdn = "'); drop table x; --";
  const auto backend = client();
  backend->write(LivenessKind::kSignOfLife, stamp);
  const LivenessRecord record = backend->read();
  if (!keeps()) return;
  ASSERT_TRUE(record.sign_of_life);
  EXPECT_EQ(record.sign_of_life->host, stamp.host);
  EXPECT_EQ(record.sign_of_life->fqdn, stamp.fqdn);
}

}  // namespace stint::contract
