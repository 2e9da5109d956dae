// `worker run` and `run` under a service manager: what they tell it.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/datagram_receiver.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class ServiceProcess : public ::testing::Test {
 protected:
  ServiceProcess() { program.set("NOTIFY_SOCKET", path_); }

  /// Receive until a datagram has this line; all that was said until then.
  std::string said_until(const std::string& line) const {
    std::string all;
    while (const auto datagram = manager_.receive()) {
      all += *datagram;
      if (datagram->find(line) != std::string::npos) return all;
    }
    ADD_FAILURE() << "\"" << line << "\" was not said, but:\n" << all;
    return all;
  }
  bool gives_a_sign_within(std::chrono::milliseconds time) const {
    const auto end = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      const auto datagram = manager_.receive(std::max(left, 0ms));
      if (datagram && datagram->find("WATCHDOG=1\n") != std::string::npos) return true;
      if (left <= 0ms) return false;
    }
  }
  void expect_signs(int count) const {
    for (int i = 0; i < count; ++i) said_until("WATCHDOG=1\n");
  }

  Program program{"service_tasks"};
  const std::string path_ = program.folder() + "/notify";
  const DatagramReceiver manager_{path_};
};

TEST_F(ServiceProcess, WorkerIsReadyOnceItMayClaim) {
  program.set("WATCHDOG_USEC", "200000");
  Process worker{program.options({"worker", "run", "--slots", "2"})};
  EXPECT_THAT(said_until("READY=1\n"), Not(HasSubstr("STOPPING")));
  EXPECT_NE(program.output({"worker", "list", "--json"}), "") << "it is registered";
  expect_signs(3);
  program.output({"enqueue", "s.wait"});
  said_until("STATUS=at work: 1 of 2 slots run a job\n");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(program.folder() + "/begun"); }));
  worker.send_signal(SIGTERM);
  said_until("STOPPING=1\n");
  expect_signs(2);  // it still lives, and waits for its job
  EXPECT_FALSE(worker.has_ended());
  program.output({"job", "abort", "1"});
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST_F(ServiceProcess, WorkerThatHangsGivesNoSignOfLife) {
  program.set("WATCHDOG_USEC", "1000000");
  program.set("STINT_TEST_POINTS", "exchanger.before_exchange=halt@3");
  const Process worker{program.options({"worker", "run"})};
  const std::string before = said_until("STATUS=hangs: the exchanger has not come round for ");
  EXPECT_THAT(before, HasSubstr("READY=1\n"));
  EXPECT_THAT(before, HasSubstr("WATCHDOG=1\n"));
  // On a slow machine a loop may be late for a moment before that one halts for good.
  EXPECT_TRUE(eventually([&] { return !gives_a_sign_within(1500ms); }));
}

TEST_F(ServiceProcess, WorkerWithoutAStoreIsNeverReady) {
  program.set("STINT_STORE", "postgresql://127.0.0.1:1/none");
  Process worker{program.options({"worker", "run"})};
  EXPECT_EQ(worker.wait().exit_code, 69);
  std::string all;
  while (const auto datagram = manager_.receive(0ms)) all += *datagram;
  EXPECT_THAT(all, Not(HasSubstr("READY=1")));
}

TEST_F(ServiceProcess, TasksDoNotSpeakForIt) {
  const ProcessResult result = program.run({"run", "--run-once", "--disable-one-instance", "--",
                                            "sh", "-c", "echo socket=$NOTIFY_SOCKET"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("socket=\n"));
}

TEST_F(ServiceProcess, RunnerIsReadyAsHolderAndAsWaiter) {
  const std::vector<std::string> line{"run", "--lock-name", "service", "--run-interval",
                                      "1h",  "--",          "sleep",   "600"};
  Process holder{program.options(line)};
  EXPECT_THAT(said_until("READY=1\n"), HasSubstr("STATUS=running\n"));
  {
    Process waiter{program.options(line)};
    EXPECT_THAT(said_until("READY=1\n"), HasSubstr("STATUS=waiting for the lock\n"));
    waiter.send_signal(SIGTERM);
    said_until("STOPPING=1\n");
    EXPECT_EQ(waiter.wait().exit_code, 128 + SIGTERM);
  }
  holder.send_signal(SIGTERM);
  said_until("STOPPING=1\n");
  EXPECT_EQ(holder.wait().exit_code, 128 + SIGTERM);
}

TEST_F(ServiceProcess, RefusesAnAddressThatIsNone) {
  program.set("NOTIFY_SOCKET", "notify");
  const ProcessResult result = program.run({"worker", "run"});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_THAT(result.err, HasSubstr("NOTIFY_SOCKET=notify"));
}

}  // namespace
}  // namespace stint::test
