// Two programs on one file.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/sqlite/backend.hpp"
#include "backends/sqlite/turn.hpp"
#include "base/mutex.hpp"
#include "support/temporary_folder.hpp"

namespace stint::sqlite {
namespace {

using ::testing::SizeIs;
using SteadyClock = std::chrono::steady_clock;

class Processes : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() const {
    return sqlite_backend().open({.url = "sqlite:" + (folder_.path() / "jobs.db").string()});
  }

  // Fork before any thread or connection is there.
  static pid_t start(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    return child;
  }
  static int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static int drain(Store& store) {
    const WorkerId worker = store.register_worker({.node = "n", .host = "h"});
    const ClaimRequest claim{.worker = worker, .node = "n", .tasks = {"t.run"}, .limit = 10};
    std::vector<Completion> completions;
    for (;;) {
      const Exchange result = store.exchange(completions, &claim);
      if (std::ranges::count(result.completed, WriteResult::kFenced) > 0) return 2;
      completions.clear();
      if (result.claimed.empty()) return 0;
      for (const ClaimedJob& job : result.claimed) {
        completions.push_back({.id = job.id, .epoch = job.epoch});
      }
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(Processes, ShareOneFile) {
  {
    const auto store = open();
    store->enqueue(std::vector<NewJob>(600, NewJob{.task = "t.run"}));
  }
  const std::array<pid_t, 2> drainers{start([this] { return drain(*open()); }),
                                      start([this] { return drain(*open()); })};
  for (const pid_t drainer : drainers) EXPECT_EQ(wait_for(drainer), 0);
  const auto store = open();
  const std::vector<JobRecord> done =
      store->list_jobs({.states = {JobState::kDone}, .limit = 1000});
  EXPECT_THAT(done, SizeIs(600));
  EXPECT_TRUE(std::ranges::all_of(done, [](const JobRecord& job) { return job.attempts == 1; }));
}

TEST_F(Processes, WakeEachOther) {
  open();
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t waiter = start([&] {
    const auto store = open();
    const auto wake_up = store->make_wake_up(std::vector<std::string>{"default"});
    if (::write(ready[1], "r", 1) != 1) return 3;
    const auto start = SteadyClock::now();
    wake_up->wait_for(std::chrono::seconds{60});
    return SteadyClock::now() - start < std::chrono::seconds{20} ? 0 : 2;
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto store = open();
  const NewJob job{.task = "t.run"};
  store->enqueue({&job, 1});
  EXPECT_EQ(wait_for(waiter), 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

// Whether the kernel's list of locks has one that waits on this file ("-> " marks it).
bool has_waiter(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return false;
  std::ifstream locks{"/proc/locks"};
  const std::string inode = fmt::format(":{} ", status.st_ino);
  for (std::string line; std::getline(locks, line);) {
    if (line.find("->") != std::string::npos && line.find(inode) != std::string::npos) return true;
  }
  return false;
}

TEST_F(Processes, TakeTurnsFairly) {
  // Who gives the turn away and wants it at once comes after who waited.
  const std::string path = (folder_.path() / "turn").string();
  Mutex mutex;  // the turn orders processes; what threads share needs a mutex beside it
  std::vector<int> order;
  const auto come = [&](int who) {
    const MutexLock lock{mutex};
    order.push_back(who);
  };
  FileTurn mine{path};
  mine.take({});
  std::jthread other{[&] {
    FileTurn theirs{path};
    theirs.take({});
    come(2);
    theirs.give();
  }};
  // It waits once the kernel lists a lock that waits for ours on this file.
  while (!has_waiter(path)) std::this_thread::yield();
  mine.give();
  mine.take({});
  come(1);
  mine.give();
  other.join();
  EXPECT_THAT(order, ::testing::ElementsAre(2, 1));
}

TEST_F(Processes, FreeTheTurnWhenOneDies) {
  const std::string path = (folder_.path() / "turn").string();
  const pid_t holder = start([&] {
    FileTurn turn{path};
    turn.take({});
    return 0;
  });
  EXPECT_EQ(wait_for(holder), 0);
  FileTurn turn{path};
  turn.take({});
  turn.give();
}

}  // namespace
}  // namespace stint::sqlite
