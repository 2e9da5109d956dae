// The keeper kills what outlives its deadline, whatever its owner does.
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "process/keeper.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/kept_script.hpp"
#include "support/processes.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using test::KeptScript;
using testing::IsEmpty;

// What no signal but SIGKILL ends, with a process of its own session below it.
constexpr const char* kDeaf =
    "trap '' TERM INT HUP; setsid sh -c 'setsid sh -c \"exec sleep 1000\" &' & echo $$;"
    "while :; do sleep 1000; done";

nanoseconds now() { return real_clock().boot_now(); }

TEST(KeeperDeadline, KillsWhatOutlivesItWithAllThatItStarted) {
  Keeper keeper;
  KeptScript script{keeper, kDeaf};
  script.read_line();
  const nanoseconds deadline = now() + milliseconds{100};
  script.child().set_deadline(deadline);
  EXPECT_EQ(script.wait().signal, SIGKILL);
  EXPECT_GE(now(), deadline);
  EXPECT_THAT(script.left(), IsEmpty());
}

TEST(KeeperDeadline, HoldsFromTheStart) {
  Keeper keeper;
  const KeptScript script{keeper, kDeaf, {.deadline = now() + milliseconds{50}}};
  EXPECT_EQ(script.wait().signal, SIGKILL);
  EXPECT_THAT(script.left(), IsEmpty());
}

TEST(KeeperDeadline, KillsAtOnceWhenItHasPassed) {
  Keeper keeper;
  KeptScript script{keeper, kDeaf};
  script.read_line();
  script.child().set_deadline(nanoseconds{1});
  EXPECT_EQ(script.wait().signal, SIGKILL);
  const KeptScript other{keeper, kDeaf, {.deadline = nanoseconds{-1}}};
  EXPECT_EQ(other.wait().signal, SIGKILL);
}

TEST(KeeperDeadline, CanBeMovedAndTakenAway) {
  Keeper keeper;
  KeptScript moved{keeper, kDeaf};
  KeptScript cleared{keeper, kDeaf};
  KeptScript measure{keeper, kDeaf};
  moved.read_line();
  cleared.read_line();
  const nanoseconds first = now() + milliseconds{150};
  moved.child().set_deadline(first);
  cleared.child().set_deadline(first);
  measure.child().set_deadline(first + milliseconds{100});
  moved.child().set_deadline(first + milliseconds{200});
  cleared.child().set_deadline(std::nullopt);
  EXPECT_EQ(measure.wait().signal, SIGKILL);  // by then the first time has passed
  const bool runs = !moved.child().status();
  EXPECT_TRUE(runs || now() >= first + milliseconds{200});
  EXPECT_EQ(moved.wait().signal, SIGKILL);
  EXPECT_GE(now(), first + milliseconds{200});
  EXPECT_FALSE(cleared.child().status());
  cleared.child().set_deadline(now());  // sooner than before, too
  EXPECT_EQ(cleared.wait().signal, SIGKILL);
}

TEST(KeeperDeadline, IsOfOneChildAlone) {
  Keeper keeper;
  KeptScript other{keeper, kDeaf};
  other.read_line();
  const KeptScript script{keeper, kDeaf, {.deadline = now()}};
  EXPECT_EQ(script.wait().signal, SIGKILL);
  EXPECT_FALSE(other.child().status());
  EXPECT_GE(other.left().size(), 2U);
}

TEST(KeeperDeadline, IsForgottenWithTheChild) {
  Keeper keeper;
  KeptScript script{keeper, "exit 3", {.deadline = now() + std::chrono::hours{1}}};
  EXPECT_EQ(script.wait().code, 3);
  script.child().set_deadline(now());  // to nobody
  EXPECT_EQ(KeptScript(keeper, "exit 4").wait().code, 4);
}

TEST(KeeperDeadline, HoldsWhileTheOwnerIsStopped) {
  const std::string mark = test::unique_variable();
  test::Child owner{
      {"/usr/bin/env", mark, test::test_program("keeper_owner"), "--deadline-in", "400", kDeaf}};
  std::string first = owner.read_line();
  std::string second = owner.read_line();
  if (!first.starts_with("owner")) std::swap(first, second);
  const nanoseconds deadline{std::stoll(first.substr(first.find(' ')))};
  const pid_t deaf = std::stoi(second);
  const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, deaf, 0))};
  ASSERT_TRUE(process);
  owner.signal(SIGSTOP);
  pollfd entry{.fd = process.get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&entry, 1, 20'000), 1);
  const nanoseconds late = now() - deadline;
  std::printf("dead %.1f ms after its deadline\n",
              std::chrono::duration<double, std::milli>(late).count());
  EXPECT_GE(late, nanoseconds{0});
  EXPECT_LT(late, milliseconds{200});
  // Left are the owner, which is stopped, and its keeper.
  EXPECT_TRUE(test::eventually([&] { return test::processes_with(mark).size() == 2; }));
  owner.signal(SIGKILL);
  owner.signal(SIGCONT);
  owner.wait();
  EXPECT_TRUE(test::eventually([&] { return test::processes_with(mark).empty(); }));
}

}  // namespace
}  // namespace stint
