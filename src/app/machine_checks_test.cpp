#include "app/machine_checks.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kGibibyte = 1LL << 30;

TEST(MachineChecks, WarnOfAFullDisk) {
  const auto status = [](std::int64_t free, std::int64_t total) {
    return judge_disk("log_disk", "/x", {.free_bytes = free, .total_bytes = total}).status;
  };
  EXPECT_EQ(status(2 * kGibibyte, 100 * kGibibyte), HealthStatus::kOk);
  EXPECT_EQ(status(kGibibyte / 2, 100 * kGibibyte), HealthStatus::kWarning);
  EXPECT_EQ(status(kGibibyte / 100, 100 * kGibibyte), HealthStatus::kProblem);
  EXPECT_EQ(status(kGibibyte / 20, kGibibyte / 10), HealthStatus::kOk) << "a small disk";
}

TEST(MachineChecks, CountDescriptorsOfSlots) {
  EXPECT_EQ(judge_descriptors(1024, 4096, 8).status, HealthStatus::kOk);
  const HealthCheck check = judge_descriptors(256, 4096, 100);
  EXPECT_EQ(check.status, HealthStatus::kWarning);
  EXPECT_THAT(check.meaning, HasSubstr("100 slots may need 1064"));
}

}  // namespace
}  // namespace stint
