#include "process/keeper_messages.hpp"
#include <string>
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(KeeperMessages, CarryAWholeSpawnRequest) {
  const SpawnRequest sent{.id = 7,
                          .executable = "/bin/echo",
                          .arguments = {"echo", "", std::string("a\0b", 3)},
                          .environment = {"A=1"},
                          .working_directory = "/tmp",
                          .umask = 077,
                          .no_new_privileges = true,
                          .limits = {{RLIMIT_CPU, 3}, {RLIMIT_NOFILE, 10}},
                          .targets = {0, 5},
                          .deadline = 123};
  const auto found = decode_request(encode(KeeperRequest{sent}));
  ASSERT_TRUE(found);
  const auto& got = std::get<SpawnRequest>(*found);
  EXPECT_EQ(got.id, sent.id);
  EXPECT_EQ(got.executable, sent.executable);
  EXPECT_EQ(got.arguments, sent.arguments);
  EXPECT_EQ(got.environment, sent.environment);
  EXPECT_EQ(got.working_directory, sent.working_directory);
  EXPECT_EQ(got.umask, sent.umask);
  EXPECT_TRUE(got.no_new_privileges);
  EXPECT_EQ(got.limits, sent.limits);
  EXPECT_EQ(got.targets, sent.targets);
  EXPECT_EQ(got.deadline, 123);
}

TEST(KeeperMessages, CarryADeadline) {
  const auto found = decode_request(encode(KeeperRequest{DeadlineRequest{.id = 4, .deadline = 5}}));
  ASSERT_TRUE(found);
  const auto& got = std::get<DeadlineRequest>(*found);
  EXPECT_EQ(got.id, 4U);
  EXPECT_EQ(got.deadline, 5);
}

TEST(KeeperMessages, CarryAnExitStatus) {
  const ExitStatus status{.code = 0,
                          .signal = 11,
                          .dumped_core = true,
                          .cpu_time = std::chrono::microseconds{1234567},
                          .peak_memory = std::int64_t{5} << 32};
  const auto found = decode_notice(encode(KeeperNotice{EndedNotice{.id = 9, .status = status}}));
  ASSERT_TRUE(found);
  const auto& got = std::get<EndedNotice>(*found);
  EXPECT_EQ(got.id, 9U);
  EXPECT_EQ(got.status.signal, 11);
  EXPECT_TRUE(got.status.dumped_core);
  EXPECT_EQ(got.status.cpu_time, status.cpu_time);
  EXPECT_EQ(got.status.peak_memory, status.peak_memory);
}

TEST(KeeperMessages, RefuseEveryCutAndEveryAddition) {
  const std::string whole = encode(KeeperRequest{SpawnRequest{
      .id = 1, .executable = "x", .arguments = {"x", "yy"}, .umask = 022, .targets = {1}}});
  ASSERT_TRUE(decode_request(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_request(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_request(whole + "x"));
  EXPECT_FALSE(decode_request(std::string(8, '\xff')));
  EXPECT_FALSE(decode_notice(std::string(64, '\x7f')));
}

}  // namespace
}  // namespace stint
