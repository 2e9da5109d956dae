// What is the memory's own: names, lives, threads, forks.
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/sqlite/backend.hpp"
#include "backends/sqlite/memory_turn.hpp"
#include "backends/sqlite/memory_wake.hpp"
#include "stint/error.hpp"
#include "support/eventually.hpp"

namespace stint::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::chrono_literals;

const NewJob kJob{.task = "t.run"};

std::unique_ptr<Store> open_memory(const std::string& name) {
  return memory_backend().open({.url = "memory:" + name});
}

TEST(SqliteMemory, OutlivesThoseWhoUseItByName) {
  const JobId id = open_memory("lives")->enqueue({&kJob, 1}).at(0).id;
  EXPECT_TRUE(open_memory("lives")->find_job(id).has_value());
  EXPECT_FALSE(open_memory("")->find_job(id).has_value());
}

TEST(SqliteMemory, GoesWithItsOnlyUserIfItIsPrivate) {
  const JobId id = open_private_memory_store()->enqueue({&kJob, 1}).at(0).id;
  EXPECT_FALSE(open_private_memory_store()->find_job(id).has_value());
}

TEST(SqliteMemory, IsReadAndWrittenByManyThreadsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 50;
  std::atomic<int> found{0};
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        const auto store = open_memory("threads");  // each its own connections
        for (int job = 0; job < kJobs; ++job) {
          const JobId id = store->enqueue({&kJob, 1}).at(0).id;
          if (store->find_job(id)) ++found;
        }
      });
    }
  }
  EXPECT_EQ(found, kThreads * kJobs);
  EXPECT_THAT(open_memory("threads")->list_jobs({.limit = 1000}), SizeIs(kThreads * kJobs));
}

TEST(SqliteMemory, IsRefusedInTheChildOfAFork) {
  static_cast<void>(open_memory("forked"));
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      static_cast<void>(open_memory("forked"));
    } catch (const Error& error) {
      ::_exit(error.code() == ErrorCode::kUsage ? 7 : 8);
    }
    ::_exit(9);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(SqliteMemory, TellsItsNameInErrors) {
  const auto store = open_memory("told");
  memory_backend().open_schema({.url = "memory:told"})->reset();
  try {
    store->enqueue({&kJob, 1});
    FAIL() << "it was stored";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the SQLite store memory:told:"));
  }
}

TEST(MemoryTurn, IsTakenInTheOrderOfComing) {
  MemoryTurn turn;
  turn.take({});
  std::vector<int> order;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      const HeldTurn held{turn};
      order.push_back(i);
    });
    // One after the other, for their numbers are given out as they come.
    ASSERT_TRUE(test::eventually([&] { return turn.waiting() == i + 1; }));
  }
  turn.give();
  threads.clear();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2));
}

TEST(MemoryWake, KeepsEventsThatComeBetweenTwoWaits) {
  auto wake = std::make_unique<MemoryWake>();
  const std::vector<std::string> domains{"default"};
  const auto sleeper = wake->make_wake_up(domains);
  wake->notify({"other", "default"});
  wake.reset();
  sleeper->wait_for(1h);  // else the test's own time limit ends it
  EXPECT_FALSE(sleeper->take_request());
}

TEST(MemoryWake, TellsRequestsApart) {
  MemoryWake wake;
  const auto sleeper = wake.make_wake_up({});
  wake.notify({Wake::kRequest});
  sleeper->wait_for(1h);
  EXPECT_TRUE(sleeper->take_request());
  EXPECT_FALSE(sleeper->take_request());
  sleeper->interrupt();
  sleeper->wait_for(1h);
  EXPECT_FALSE(sleeper->take_request());
}

}  // namespace
}  // namespace stint::sqlite
