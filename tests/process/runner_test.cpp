// `run` as a runner: one machine at a time, whatever becomes of the others.
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/processes.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// A line of what tasks have done.
struct Entry {
  std::string what;
  std::int64_t token = 0;
  pid_t process = 0;
};

/// When a process ends, on the boot clock.
std::chrono::nanoseconds end_of(pid_t process) {
  const UniqueFd descriptor{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
  pollfd entry{.fd = descriptor.get(), .events = POLLIN, .revents = 0};
  EXPECT_TRUE(!descriptor || ::poll(&entry, 1, 20'000) == 1);
  return real_clock().boot_now();
}

class RunnerProcess : public ::testing::Test {
 protected:
  RunnerProcess() { program.set("STINT_WORKER_GRACE", "300ms"); }

  std::vector<Entry> journal() const {
    std::ifstream file{program.folder() + "/journal"};
    std::vector<Entry> entries;
    for (Entry one; file >> one.what >> one.token >> one.process;) entries.push_back(one);
    return entries;
  }
  std::size_t count(const std::string& what) const {
    return static_cast<std::size_t>(
        std::ranges::count(journal(), what, [](const Entry& one) { return one.what; }));
  }
  std::string metrics() const {
    std::ifstream file{program.folder() + "/metrics"};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  bool reaches(const std::string& what, std::size_t times) const {
    return eventually([&] { return count(what) >= times; });
  }
  /// Every begin is followed by its own end.
  void expect_no_overlap() const {
    const std::vector<Entry> entries = journal();
    for (std::size_t i = 1; i < entries.size(); ++i) {
      if (entries[i].what != "end") continue;
      EXPECT_EQ(entries[i - 1].what, "begin") << i;
      EXPECT_EQ(entries[i - 1].token, entries[i].token) << i;
    }
  }

  Program program{"runner_tasks"};
};

TEST_F(RunnerProcess, OneOfTwoIsActiveAndTheOtherTakesOverWhenItDies) {
  const std::vector<std::string> words = {"run", "r.work", "--pause", "20ms", "--keep-lock"};
  auto first = std::make_unique<Process>(program.options(words));
  ASSERT_TRUE(reaches("end", 2));
  Process second{program.options(words)};
  ASSERT_TRUE(
      eventually([&] { return second.err().find("lock is owned by") != std::string::npos; }));
  EXPECT_THAT(second.err(), HasSubstr("process " + std::to_string(first->pid())));
  const std::int64_t token = journal().back().token;
  for (const Entry& one : journal()) EXPECT_EQ(one.token, token);

  first->send_signal(SIGKILL);
  first->wait();
  const std::size_t before = journal().size();
  ASSERT_TRUE(eventually([&] { return journal().size() >= before + 4; }));
  EXPECT_GT(journal().back().token, token);
  EXPECT_THAT(second.err(), HasSubstr("The lock is ours now"));
  second.send_signal(SIGTERM);
  EXPECT_EQ(second.wait().exit_code, 143);
}

TEST_F(RunnerProcess, TellsWhoHoldsTheLockIfItRunsOnce) {
  const Process first{program.options({"run", "r.work", "--pause", "60s"})};
  ASSERT_TRUE(reaches("begin", 1));
  const ProcessResult second = program.run({"run", "r.work", "--run-once"});
  EXPECT_EQ(second.exit_code, 75);
  EXPECT_THAT(second.err, AllOf(HasSubstr("the lock is held by"), HasSubstr("since"),
                                HasSubstr("process " + std::to_string(first.pid()))));
  EXPECT_EQ(program.run({"run", "r.work", "--run-once", "--wait", "200ms"}).exit_code, 75);
  EXPECT_EQ(count("begin"), 1U);
  // Another task has another lock, and one without a lock does not ask.
  EXPECT_EQ(program.run({"run", "r.fail", "--run-once"}).exit_code, 1);
  EXPECT_EQ(program.run({"run", "r.work", "--run-once", "--disable-one-instance"}).exit_code, 0);
}

TEST_F(RunnerProcess, WaitsForTheLockWithRunOnce) {
  Process first{program.options({"run", "r.work", "--pause", "60s"})};
  ASSERT_TRUE(reaches("begin", 1));
  Process second{program.options({"run", "r.work", "--run-once", "--wait", "30s"})};
  first.send_signal(SIGINT);
  EXPECT_EQ(first.wait().exit_code, 130);
  EXPECT_EQ(second.wait().exit_code, 0);
  EXPECT_EQ(count("end"), 1U);
}

TEST_F(RunnerProcess, StopsByTheLadderAndGivesTheLockBack) {
  Process first{program.options({"run", "r.deaf"})};
  ASSERT_TRUE(reaches("begin", 1));
  ASSERT_TRUE(reaches("daemon", 1));
  first.send_signal(SIGTERM);
  const ProcessResult end = first.wait();
  EXPECT_EQ(end.exit_code, 143);
  EXPECT_THAT(end.err, HasSubstr("Task killed: told to end"));
  for (const Entry& one : journal()) EXPECT_FALSE(is_there(one.process)) << one.what;
  const ProcessResult next = program.run({"lock", "status", "r.deaf", "--json"});
  EXPECT_THAT(next.out, HasSubstr("\"owner\":null"));
}

TEST_F(RunnerProcess, KillsAtTheSecondSignal) {
  program.set("STINT_WORKER_GRACE", "1h");
  Process first{program.options({"run", "r.deaf"})};
  ASSERT_TRUE(reaches("begin", 1));
  first.send_signal(SIGTERM);
  ASSERT_TRUE(eventually([&] {
    first.send_signal(SIGTERM);
    return first.has_ended();
  }));
  EXPECT_EQ(first.wait().exit_code, 143);
  EXPECT_FALSE(is_there(journal().front().process));
}

TEST_F(RunnerProcess, LeavesNothingWhenItIsKilled) {
  Process first{program.options({"run", "r.deaf"})};
  ASSERT_TRUE(reaches("begin", 1));
  ASSERT_TRUE(reaches("daemon", 1));
  first.send_signal(SIGKILL);
  first.wait();
  for (const Entry& one : journal()) {
    EXPECT_TRUE(eventually([&] { return !is_there(one.process); })) << one.what;
  }
}

TEST_F(RunnerProcess, EndsWhatATaskLeavesBehindBeforeTheLockIsFree) {
  EXPECT_EQ(program.run({"run", "r.daemon", "--run-once"}).exit_code, 0);
  ASSERT_EQ(count("daemon"), 1U);
  for (const Entry& one : journal()) EXPECT_FALSE(is_there(one.process)) << one.what;
}

TEST_F(RunnerProcess, GivesEachRunANewTokenUnlessItKeepsTheLock) {
  for (const bool keeps : {false, true}) {
    fs::remove(program.folder() + "/journal");
    std::vector<std::string> words = {"run", "r.work", "--sleep-interval", "1ms"};
    if (keeps) words.emplace_back("--keep-lock");
    Process runner{program.options(words)};
    ASSERT_TRUE(reaches("end", 4));
    runner.send_signal(SIGTERM);
    runner.wait();
    const std::vector<Entry> entries = journal();
    for (std::size_t i = 2; i + 1 < entries.size(); i += 2) {
      const std::int64_t step = entries[i].token - entries[i - 2].token;
      EXPECT_TRUE(keeps ? step == 0 : step > 0) << step;
    }
    expect_no_overlap();
  }
}

TEST_F(RunnerProcess, HandsOverAfterAnErrorIfItIsTold) {
  const std::vector<std::string> words = {"run", "r.fail",      "--sleep-interval",
                                          "1s",  "--keep-lock", "--release-on-error"};
  const Process first{program.options(words)};
  ASSERT_TRUE(reaches("begin", 1));
  const Process second{program.options(words)};
  ASSERT_TRUE(reaches("begin", 2));
  EXPECT_NE(journal().at(0).process, journal().at(1).process);
  EXPECT_GT(journal().at(1).token, journal().at(0).token);
  EXPECT_THAT(first.err(), HasSubstr("Task failed: error: no luck"));
}

TEST_F(RunnerProcess, RunsInIntervalsFromTheSettings) {
  program.set("STINT_RUN_ONCE", "true");
  program.set("STINT_SLEEP_INTERVAL", "1h");
  EXPECT_EQ(program.run({"run", "r.work"}).exit_code, 0);
  Process runner{program.options({"run", "r.work", "--run-interval", "1ms"})};
  ASSERT_TRUE(reaches("end", 4));
  runner.send_signal(SIGINT);
  EXPECT_EQ(runner.wait().exit_code, 130);
}

TEST_F(RunnerProcess, RunsCommandsUnderALock) {
  const std::string script = "echo begin $STINT_FENCING_TOKEN $$ >> journal; exec sleep 60";
  Process first{program.options({"run", "--lock-name", "nightly", "--", "sh", "-c", script})};
  ASSERT_TRUE(reaches("begin", 1));
  EXPECT_GT(journal().front().token, 0);
  const ProcessResult second =
      program.run({"run", "--lock-name", "nightly", "--run-once", "--", "sh", "-c", script});
  EXPECT_EQ(second.exit_code, 75);
  EXPECT_THAT(second.err, HasSubstr("the lock is held by"));
  EXPECT_EQ(program.run({"run", "--lock-name", "other", "--run-once", "--", "sh", "-c", "exit 3"})
                .exit_code,
            3);
  first.send_signal(SIGTERM);
  EXPECT_EQ(first.wait().exit_code, 143);
  EXPECT_FALSE(is_there(journal().front().process));
}

TEST_F(RunnerProcess, RefusesACommandWithoutANameInALoop) {
  const ProcessResult result = program.run({"run", "--sleep-interval", "5", "--", "true"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--lock-name NAME"));
  Process loop{program.options(
      {"run", "--sleep-interval", "1ms", "--disable-one-instance", "--", "sh", "-c", "echo once"})};
  ASSERT_TRUE(eventually([&] { return lines_of(loop.out()).size() >= 3; }));
  loop.send_signal(SIGTERM);
  EXPECT_EQ(loop.wait().exit_code, 143);
}

class CutOff : public RunnerProcess {
 protected:
  CutOff() {
    program.set("STINT_ONE_INSTANCE_BACKEND", "cut");
    program.set("STINT_ONE_INSTANCE_CUT_TTL", "2s");
    program.set("STINT_WORKER_GRACE", "1h");  // the lease is to end it
  }
  void cut() const { std::ofstream{program.folder() + "/cut"} << "now"; }
  /// All are dead before a lease of 2 s can have passed that was renewed at `since`.
  void expect_death(std::chrono::nanoseconds since) const {
    const std::vector<Entry> entries = journal();
    const auto leader = std::ranges::find(entries, "begin", &Entry::what);
    const std::chrono::duration<double, std::milli> took = end_of(leader->process) - since;
    std::printf("dead after %.1f ms\n", took.count());
    EXPECT_LT(took, 2000ms);
    for (const Entry& one : entries) {
      EXPECT_TRUE(eventually([&] { return !is_there(one.process); })) << one.what;
    }
  }
};

TEST_F(CutOff, ADeafTaskIsDeadBeforeItsLeaseCanPass) {
  Process runner{program.options({"run", "r.deaf", "--run-once"})};
  ASSERT_TRUE(reaches("begin", 1));
  ASSERT_TRUE(reaches("daemon", 1));
  const auto since = real_clock().boot_now();
  cut();
  expect_death(since);
  const ProcessResult end = runner.wait();
  EXPECT_EQ(end.exit_code, 5) << end.err;
  EXPECT_THAT(end.err, HasSubstr("the lock was lost while the task ran"));
}

TEST_F(CutOff, ADeafTaskIsDeadInTimeWhileItsRunnerIsStopped) {
  Process runner{program.options({"run", "r.deaf", "--run-once"})};
  ASSERT_TRUE(reaches("begin", 1));
  ASSERT_TRUE(reaches("daemon", 1));
  const auto since = real_clock().boot_now();
  runner.send_signal(SIGSTOP);
  expect_death(since);
  runner.send_signal(SIGCONT);
  // 5, or 1 if it could renew its lock once more when it went on: the task is dead either way.
  EXPECT_NE(runner.wait().exit_code, 0);
}

TEST_F(CutOff, ATaskThatHearsItIsInterruptedAndTheLoopGoesOn) {
  Process runner{program.options({"run", "r.work", "--pause", "60s"})};
  ASSERT_TRUE(reaches("begin", 1));
  cut();
  ASSERT_TRUE(
      eventually([&] { return runner.err().find("Task interrupted") != std::string::npos; }));
  ASSERT_TRUE(eventually(
      [&] { return runner.err().find("its server does not answer") != std::string::npos; }));
  EXPECT_EQ(count("begin"), 1U);
  fs::remove(program.folder() + "/cut");
  EXPECT_TRUE(reaches("begin", 2));
  EXPECT_GT(journal().at(1).token, journal().at(0).token);
  runner.send_signal(SIGTERM);
  EXPECT_EQ(runner.wait().exit_code, 143);
}

TEST_F(CutOff, RunOnceTellsOfAServerThatDoesNotAnswer) {
  cut();
  const ProcessResult result = program.run({"run", "r.work", "--run-once"});
  EXPECT_EQ(result.exit_code, 69);
  EXPECT_THAT(result.err, HasSubstr("the lock's server is cut off"));
}

class Reports : public RunnerProcess {
 protected:
  Reports() {
    program.set("STINT_LIVENESS_BACKEND", "notes");
    program.set("STINT_METRICS_BACKEND", "notes");
  }
  ProcessResult check(const std::string& age) const {
    return program.run({"check-liveness", "r.work", "--max-age", age});
  }
};

TEST_F(Reports, StampASuccessAndItsMetrics) {
  ProcessResult result = check("60");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "FAIL\n");
  EXPECT_THAT(result.err, HasSubstr("r.work has never succeeded; no runner of it was ever heard"));
  EXPECT_EQ(program.run({"run", "r.work", "--run-once"}).exit_code, 0);
  result = check("60");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "PASS\n");
  EXPECT_THAT(result.err, HasSubstr("r.work succeeded"));
  EXPECT_THAT(metrics(), HasSubstr("job_duration_seconds task=r.work type=task status=succeeded"));
  EXPECT_THAT(metrics(), HasSubstr("last_successful_run_timestamp task=r.work"));
  EXPECT_EQ(program.run({"run", "r.fail", "--run-once"}).exit_code, 1);
  EXPECT_THAT(metrics(), HasSubstr("task=r.fail type=task status=failed"));
  EXPECT_FALSE(fs::exists(program.folder() + "/r.fail.success"));
}

TEST_F(Reports, TellOneThatWaitsFromADeadOne) {
  Process first{program.options({"run", "r.work", "--pause", "60s"})};
  ASSERT_TRUE(reaches("begin", 1));
  const std::string sign = program.folder() + "/r.work.sign";
  ASSERT_TRUE(eventually([&] { return fs::exists(sign); }));
  EXPECT_THAT(check("60").err, HasSubstr("its runner was running when it was heard of last"));
  fs::remove(sign);
  const Process second{program.options({"run", "r.work"})};
  ASSERT_TRUE(eventually([&] { return fs::exists(sign); }));
  EXPECT_THAT(check("60").err, HasSubstr("its runner waits for the lock"));
  fs::last_write_time(sign, fs::file_time_type::clock::now() - 1h);
  EXPECT_THAT(check("60").err, HasSubstr("its runner is dead or cut off: last heard of 1h"));
}

TEST_F(Reports, OfATaskItself) {
  EXPECT_THAT(program.output({"run", "r.report", "--run-once"}), HasSubstr("status"));
  EXPECT_THAT(metrics(), HasSubstr("rows table=orders task=r.report 3"));
  EXPECT_TRUE(fs::exists(program.folder() + "/r.report.success"));
  // The same as a job, on a worker's thread and in a process.
  for (const std::string isolation : {"thread", "process"}) {
    fs::remove(program.folder() + "/metrics");
    fs::remove(program.folder() + "/r.report.success");
    program.output({"enqueue", "r.report"});
    program.output({"worker", "run", "--drain", "--isolation", isolation});
    EXPECT_TRUE(eventually([&] {
      return metrics().find("rows table=orders task=r.report 3") != std::string::npos &&
             fs::exists(program.folder() + "/r.report.success");
    })) << isolation;
  }
}

TEST_F(Reports, NeverFailATask) {
  std::ofstream{program.folder() + "/liveness.broken"} << "now";
  const ProcessResult result = program.run({"run", "r.work", "--run-once"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("the stamps of r.work cannot be written"));
}

TEST_F(Reports, RefuseAnAgeThatCannotBeMeant) {
  for (const std::string age : {"0", "-1", "soon", ""}) {
    EXPECT_EQ(check(age).exit_code, 2) << age;
  }
  EXPECT_EQ(program.run({"check-liveness", "r.work"}).exit_code, 2);
  program.set("STINT_LIVENESS_BACKEND", "dummy");
  EXPECT_EQ(check("60").exit_code, 78);
}

TEST_F(Reports, CheckAsJson) {
  EXPECT_EQ(program.run({"run", "r.work", "--run-once"}).exit_code, 0);
  const json verdict =
      json::parse(program.output({"check-liveness", "r.work", "--max-age", "1m", "--json"}));
  EXPECT_EQ(verdict["result"], "PASS");
  EXPECT_LE(verdict["success_age_seconds"], 60);
  EXPECT_EQ(verdict["max_age_seconds"], 60);
}

}  // namespace
}  // namespace stint::test
