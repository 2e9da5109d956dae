// `stint::testing::Workers`, which tests of users start.
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "stint/testing.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/processes.hpp"

namespace stint::test {
namespace {

using stint::testing::Workers;
using stint::testing::WorkersOptions;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

WorkersOptions rogue(int count = 1) {
  return {.count = count,
          .settings = "[worker]\ngrace = \"200ms\"",
          .program = test_program("rogue_tasks")};
}

TEST(TestingWorkers, RunJobsInProcesses) {
  Workers workers{{}, rogue()};
  auto job = workers.client().enqueue("r.add", {{"a", 40}, {"b", 2}});
  ASSERT_TRUE(workers.wait_idle()) << workers.report();
  EXPECT_EQ(job.get(), 42);
  EXPECT_TRUE(workers.stop()) << workers.report();
  EXPECT_FALSE(workers.is_running(0));
}

TEST(TestingWorkers, LeaveNothingBehind) {
  const std::string name = "MARK_OF_A_TEST";  // settings are not handed on: no STINT_
  const std::string variable = name + "=" + std::to_string(::getpid());
  ::setenv(name.c_str(), variable.substr(name.size() + 1).c_str(), 1);
  std::string file;
  {
    Workers workers{{}, rogue(2)};
    file = workers.store_url().substr(std::string{"sqlite:"}.size());
    auto job = workers.client().enqueue("r.ignore");
    ASSERT_TRUE(eventually([&] { return job.state() == JobState::kRunning; })) << workers.report();
    EXPECT_THAT(processes_with(variable), Not(IsEmpty()));
    EXPECT_TRUE(std::filesystem::exists(file));
  }
  ::unsetenv(name.c_str());
  EXPECT_TRUE(eventually([&] { return processes_with(variable).empty(); }));
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path{file}.parent_path()));
}

TEST(TestingWorkers, AreKilledAndStartedAnew) {
  Workers workers{{}, rogue(2)};
  workers.kill(0);
  EXPECT_FALSE(workers.is_running(0));
  EXPECT_TRUE(workers.is_running(1));
  workers.kill(1);
  auto job = workers.client().enqueue("r.add", {{"a", 1}});
  EXPECT_FALSE(workers.wait_idle()) << "nobody is left to do it";
  workers.restart(0);
  EXPECT_TRUE(workers.is_running(0));
  ASSERT_TRUE(workers.wait_idle()) << workers.report();
  EXPECT_EQ(job.get(), 2);
}

TEST(TestingWorkers, TellWhatWentWrong) {
  Workers workers{{}, rogue()};
  workers.client().enqueue("r.talk");
  ASSERT_TRUE(workers.wait_idle());
  const std::string report = workers.report();
  EXPECT_THAT(report, HasSubstr("(r.talk) is failed, error: as asked\n  begin"));
  EXPECT_THAT(report, HasSubstr("worker 0 runs"));
}

TEST(TestingWorkers, SayWhyOneDoesNotStart) {
  WorkersOptions options = rogue();
  options.program = "/bin/false";
  try {
    const Workers workers{{}, options};
    FAIL() << "/bin/false is no worker";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("has ended"));
  }
}

TEST(TestingWorkers, RefuseOptionsThatCannotBeMeant) {
  EXPECT_THROW((Workers{{}, rogue(0)}), Error);
  WorkersOptions options = rogue();
  options.settings = "[worker]\nslotz = 1";
  EXPECT_THROW((Workers{{}, options}), ConfigurationError);
  Workers workers{{}, rogue()};
  EXPECT_THROW(workers.kill(1), Error);
  // This program's main does not hand over to a slot.
  EXPECT_THROW((Workers{{}, {}}), Error);
}

}  // namespace
}  // namespace stint::test
