// How children and all that they start come to their end.
#include "process/keeper.hpp"
#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "process/find_children.hpp"
#include "stint/error.hpp"
#include "stint/log.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/kept_script.hpp"
#include "support/processes.hpp"

namespace stint {
namespace {

using std::chrono::seconds;
using test::KeptScript;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Keeper, TellsExitCodes) {
  Keeper keeper;
  const KeptScript script{keeper, "exit 3"};
  const ExitStatus status = script.wait();
  EXPECT_EQ(status.code, 3);
  EXPECT_EQ(status.signal, 0);
  EXPECT_GT(status.peak_memory, 0);
}

TEST(Keeper, KillsThoughSomebodyHasStoppedIt) {
  Keeper keeper;
  KeptScript script{keeper, "trap '' TERM; echo up; while :; do sleep 1000; done"};
  EXPECT_EQ(script.read_line(), "up");
  pid_t stopped = 0;
  for (const pid_t child : test::children_of(::getpid())) {
    const std::vector<pid_t> below = test::children_of(child);
    if (std::ranges::find(below, script.child().pid()) != below.end()) stopped = child;
  }
  ASSERT_GT(stopped, 0);
  ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
  script.child().kill();
  EXPECT_EQ(script.wait().signal, SIGKILL);
}

TEST(Keeper, TellsSignals) {
  Keeper keeper;
  EXPECT_EQ(KeptScript(keeper, "kill -SEGV $$").wait().signal, SIGSEGV);
}

TEST(Keeper, TellsTheProcessorTimeOfTheWholeChild) {
  Keeper keeper;
  const KeptScript script{keeper, "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"};
  const ExitStatus status = script.wait();
  EXPECT_GT(status.cpu_time, std::chrono::milliseconds{5});
}

TEST(Keeper, HasNoStatusBeforeTheEnd) {
  Keeper keeper;
  KeptScript script{keeper, "echo $$; exec sleep 1000"};
  EXPECT_EQ(script.read_line(), std::to_string(script.child().pid()));
  EXPECT_FALSE(script.child().status());
  EXPECT_FALSE(script.child().wait(std::chrono::nanoseconds{1}));
  pollfd entry{.fd = script.child().ended_descriptor(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&entry, 1, 0), 0);
  script.child().kill();
  EXPECT_EQ(script.wait().signal, SIGKILL);
  EXPECT_EQ(::poll(&entry, 1, 0), 1);
  EXPECT_EQ(::poll(&entry, 1, 0), 1);  // for good
  EXPECT_TRUE(script.child().wait(std::chrono::nanoseconds::max()));
  script.child().signal_group(SIGTERM);
  script.child().kill();
}

TEST(Keeper, SignalsTheWholeGroup) {
  Keeper keeper;
  KeptScript script{keeper, "trap 'wait; exit 9' TERM; sh -c 'echo up; exec sleep 1000' & wait"};
  EXPECT_EQ(script.read_line(), "up");
  script.child().signal_group(SIGTERM);
  EXPECT_EQ(script.wait().code, 9);
  EXPECT_THAT(script.left(), IsEmpty());
}

TEST(Keeper, EndsWhatIgnoresSignalsOrIsStopped) {
  Keeper keeper;
  KeptScript deaf{keeper, "trap '' TERM INT HUP; (sleep 1000; sleep 1000) & echo up; wait; wait"};
  KeptScript stopped{keeper, "sleep 1000 & echo up; kill -STOP $!; kill -STOP $$"};
  EXPECT_EQ(deaf.read_line(), "up");
  EXPECT_EQ(stopped.read_line(), "up");
  deaf.child().signal_group(SIGTERM);
  for (KeptScript* const script : {&deaf, &stopped}) {
    script->child().kill();
    EXPECT_EQ(script->wait().signal, SIGKILL);
    EXPECT_THAT(script->left(), IsEmpty());
  }
}

// Forks, leaves the session, forks again: nothing ties the last one to its leader but descent.
constexpr const char* kDaemon = "setsid sh -c 'setsid sh -c \"echo \\$\\$; exec sleep 1000\" &' &";

TEST(Keeper, EndsDaemonsOfAKilledChild) {
  Keeper keeper;
  KeptScript script{keeper, std::string{kDaemon} + " wait; exec sleep 1000"};
  const pid_t daemon = std::stoi(script.read_line());
  EXPECT_EQ(::kill(daemon, 0), 0);
  script.child().kill();
  EXPECT_EQ(script.wait().signal, SIGKILL);
  EXPECT_THAT(script.left(), IsEmpty());
}

TEST(Keeper, EndsDaemonsOfAChildThatReturned) {
  Keeper keeper;
  KeptScript other{keeper, std::string{kDaemon} + " exec sleep 1000"};
  other.read_line();
  KeptScript script{keeper, std::string{kDaemon} + " read line < /dev/zero & exit 4"};
  EXPECT_EQ(script.wait().code, 4);
  EXPECT_THAT(script.left(), IsEmpty());
  // Those of others live on with their leaders.
  EXPECT_FALSE(other.child().status());
  EXPECT_GE(other.left().size(), 2U);
}

TEST(Keeper, EndsAForkBombOfManySessions) {
  Keeper keeper;
  KeptScript script{keeper,
                    "export depth=6;"
                    "bomb='if [ $depth -gt 0 ]; then depth=$((depth-1));"
                    "setsid sh -c \"$bomb\" & setsid sh -c \"$bomb\" & fi; sleep 1000';"
                    "export bomb; setsid sh -c \"$bomb\" & echo up; exec sleep 1000"};
  EXPECT_EQ(script.read_line(), "up");
  EXPECT_TRUE(test::eventually([&] { return script.left().size() > 40; }));  // still growing
  script.child().kill();
  EXPECT_EQ(script.wait().signal, SIGKILL);
  EXPECT_THAT(script.left(), IsEmpty());
}

TEST(Keeper, ShowsWhetherAChildHasLeftAnything) {
  Keeper alone;
  KeptScript bare{alone, "echo up; read line; exec sleep 1000"};
  EXPECT_EQ(bare.read_line(), "up");
  Keeper with_child;
  KeptScript parent{with_child, "sleep 1000 & echo up; wait"};
  EXPECT_EQ(parent.read_line(), "up");
  EXPECT_TRUE(has_company(parent.child().pid()));
  Keeper with_daemon;
  KeptScript detached{with_daemon, std::string{kDaemon} + " wait; exec sleep 1000"};
  detached.read_line();
  EXPECT_TRUE(has_company(detached.child().pid()));
  EXPECT_TRUE(test::eventually([&] { return !has_company(bare.child().pid()); }));
  bare.child().kill();
  bare.wait();
  EXPECT_TRUE(has_company(bare.child().pid()));  // nobody can tell any more
}

TEST(Keeper, EndsAChildThatNobodyOwnsAnyMore) {
  Keeper keeper;
  KeptScript script{keeper, std::string{kDaemon} + " exec sleep 1000"};
  script.read_line();
  script.drop();
  EXPECT_TRUE(test::eventually([&] { return script.left().empty(); }));
}

TEST(Keeper, EndsAllWhenItGoes) {
  auto keeper = std::make_unique<Keeper>();
  KeptScript one{*keeper, std::string{kDaemon} + " exec sleep 1000"};
  KeptScript other{*keeper, "trap '' TERM; echo up; sleep 1000; sleep 1000"};
  one.read_line();
  other.read_line();
  keeper.reset();
  EXPECT_THAT(one.left(), IsEmpty());
  EXPECT_THAT(other.left(), IsEmpty());
  ASSERT_TRUE(one.child().status());
  EXPECT_EQ(one.child().status()->signal, SIGKILL);
  one.child().signal_group(SIGTERM);  // to nobody
}

TEST(Keeper, EndsAllWhenItsOwnerIsKilled) {
  const std::string daemon = std::string{kDaemon} + " exec sleep 1000";
  const std::string mark = test::unique_variable();
  const std::string deaf = "trap '' TERM; echo deaf; sleep 1000; sleep 1000";
  test::Child owner{
      {"/usr/bin/env", mark, test::test_program("keeper_owner"), daemon, deaf, daemon}};
  int known = 0;
  for (int line = 0; line < 4; ++line) known += owner.read_line() == "owner" ? 10 : 1;
  EXPECT_EQ(known, 13);
  EXPECT_GE(test::processes_with(mark).size(), 7U);
  owner.signal(SIGKILL);
  owner.wait();
  const auto since = std::chrono::steady_clock::now();
  EXPECT_TRUE(test::eventually([&] { return test::processes_with(mark).empty(); }));
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - since;
  std::printf("all gone %.1f ms after their owner\n", time.count());
}

/// Collect what the library logs.
class LogKept final {
 public:
  LogKept() {
    set_log_sink([this](const LogLine& line) {
      const std::scoped_lock lock{mutex_};
      text_ += line.logger + ": " + line.text + "\n";
    });
  }
  ~LogKept() { set_log_sink({}); }
  LogKept(const LogKept&) = delete;
  LogKept& operator=(const LogKept&) = delete;

  std::string text() {
    const std::scoped_lock lock{mutex_};
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

TEST(Keeper, IsReplacedWhenItWasKilled) {
  LogKept log;
  Keeper keeper;
  KeptScript script{keeper, "echo $PPID; sleep 1000; true"};
  const pid_t former = std::stoi(script.read_line());
  ASSERT_EQ(::kill(former, SIGKILL), 0);
  try {
    keeper.spawn({.arguments = {"/bin/true"}});  // at once: its death may not be known yet
  } catch (const Error& error) {
    EXPECT_TRUE(error.retryable() && error.outcome_unknown()) << error.what();
  }
  EXPECT_EQ(script.wait().signal, SIGKILL);
  KeptScript next{keeper, "echo $PPID; exit 2"};
  EXPECT_NE(std::stoi(next.read_line()), former);
  EXPECT_EQ(next.wait().code, 2);
  EXPECT_TRUE(test::eventually([&] { return script.left().empty(); }));
  EXPECT_THAT(log.text(), HasSubstr("keeper: the keeper of child processes died"));
}

TEST(Keeper, LeaksNothingInManySpawns) {
  const std::size_t before = test::count_descriptors();
  {
    Keeper keeper;
    KeptScript first{keeper, "echo $PPID; exec sleep 1000"};
    const std::string pid = first.read_line();
    const std::size_t here = test::count_descriptors();
    const std::size_t there = test::count_descriptors(pid);
    const auto since = std::chrono::steady_clock::now();
    constexpr int kSpawns = 200;
    for (int at = 0; at < kSpawns; ++at) {
      const auto child = keeper.spawn({.arguments = {"/bin/true"}});
      ASSERT_TRUE(child->wait(seconds{30}));
      EXPECT_THROW(keeper.spawn({.arguments = {"/no/such"}}), Error);
    }
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - since;
    std::printf("%.3f ms for two spawns, one to its end, one refused\n", time.count() / kSpawns);
    EXPECT_TRUE(test::eventually([&] { return test::count_descriptors() == here; }));
    // What could not be executed is reaped a moment after that was told.
    const std::vector<pid_t> expected{first.child().pid()};
    EXPECT_TRUE(test::eventually([&] { return test::children_of(std::stoi(pid)) == expected; }));
    EXPECT_TRUE(test::eventually([&] { return test::count_descriptors(pid) <= there; }));
  }
  EXPECT_EQ(test::count_descriptors(), before);
}

TEST(Keeper, StartsForManyThreads) {
  Keeper keeper;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&keeper, thread] {
      for (int at = 0; at < 10; ++at) {
        const std::string code = std::to_string(thread * 10 + at);
        EXPECT_EQ(std::to_string(KeptScript(keeper, "exit " + code).wait().code), code);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Keeper, OutlivesTheThreadThatMadeIt) {
  Keeper keeper;
  std::unique_ptr<KeptScript> script;
  std::thread{[&] {
    script = std::make_unique<KeptScript>(keeper, "read x; echo up; sleep 1000");
  }}.join();
  EXPECT_EQ(script->read_line(), "up");
  EXPECT_EQ(KeptScript(keeper, "exit 6").wait().code, 6);
  EXPECT_FALSE(script->child().status());
}

TEST(Keeper, CarriesLargeEnvironments) {
  Keeper keeper;
  std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
  for (int at = 0; at < 10; ++at) {
    environment.push_back("LONG_" + std::to_string(at) + "=" + std::string(100'000, 'x'));
  }
  KeptScript script{keeper, "echo ${#LONG_9}", {.environment = environment}};
  EXPECT_EQ(script.read_line(), "100000");
  EXPECT_THROW(
      keeper.spawn({.arguments = {"/bin/true"}, .environment = {{std::string(300'000, 'x')}}}),
      Error);  // E2BIG: the kernel takes 128 KiB a string
}

}  // namespace
}  // namespace stint
