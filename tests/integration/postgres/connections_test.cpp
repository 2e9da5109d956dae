// Connections: how many, prepared statements, notifications between processes.
#include <thread>
#include <fmt/format.h>
#include "postgres_test_base.hpp"

namespace stint::test {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

class PostgresConnections : public PostgresTest {
 protected:
  std::size_t sessions(std::string_view name) {
    return run(fmt::format("select pid from pg_stat_activity where application_name = '{}'", name))
        .size();
  }
};

TEST_F(PostgresConnections, AreOpenedAsTheyAreNeeded) {
  const std::string name = schema() + "_few";
  const auto one = open(url_with("application_name=" + name));
  EXPECT_EQ(sessions(name), 1U);
  const WorkerId worker = new_worker(*one);
  const ClaimRequest request = claim_of(worker);
  for (int i = 0; i < 10; ++i) one->exchange({}, &request);
  EXPECT_EQ(sessions(name), 1U);
}

TEST_F(PostgresConnections, AreNeverMoreThanThePool) {
  const std::string name = schema() + "_two";
  const auto one = open(url_with("pool=2&application_name=" + name));
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) one->status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(sessions(name), 2U);
}

// Whether its statements are planned once or each time, a store does the same.
TEST_F(PostgresConnections, NameStatementsOrNot) {
  for (const char* prepare : {"prepare=on", "prepare=off", "prepare=auto"}) {
    SCOPED_TRACE(prepare);
    const auto one = open(url_with(prepare));
    const WorkerId worker = new_worker(*one);
    const ClaimRequest request = claim_of(worker);
    for (int i = 0; i < 10; ++i) {
      one->enqueue(std::vector<NewJob>(3, {.task = "t.run", .attachments = {"a", "b"}}));
      std::vector<Completion> completions;
      for (const ClaimedJob& job : one->exchange({}, &request).claimed) {
        completions.push_back({.id = job.id, .epoch = job.epoch, .attachments = {"c", "d"}});
      }
      ASSERT_THAT(completions, SizeIs(3));
      EXPECT_THAT(one->exchange(completions, nullptr).completed, Each(WriteResult::kAccepted));
    }
  }
  EXPECT_THAT(run("select job from stint.attachment"), SizeIs(360));
}

TEST_F(PostgresConnections, WakeAStoreOfAnotherProcess) {
  const auto sleeper = open(url());
  const std::vector<std::string> domains{"default"};
  const auto wake_up = sleeper->make_wake_up(domains);
  // The first wait ends when the listener stands.
  wake_up->wait_for(std::chrono::seconds{20});
  put(1);
  const auto start = std::chrono::steady_clock::now();
  wake_up->wait_for(std::chrono::seconds{20});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
}

TEST_F(PostgresConnections, ListenAgainAfterTheListenerWasLost) {
  const std::string name = schema() + "_listener";
  const auto sleeper = open(url_with("application_name=" + name));
  const auto wake_up = sleeper->make_wake_up(std::vector<std::string>{"default"});
  wake_up->wait_for(std::chrono::seconds{20});
  run(
      fmt::format("select pg_terminate_backend(pid) from pg_stat_activity where application_name = "
                  "'{}' and query like '%stint listen%'",
                  name));
  // Ends when it stands again: what came in between may have been missed.
  const auto start = std::chrono::steady_clock::now();
  wake_up->wait_for(std::chrono::seconds{20});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
  put(1);
  wake_up->wait_for(std::chrono::seconds{20});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{15});
}

TEST_F(PostgresConnections, SendWhatWaitsWhenTheStoreIsClosed) {
  const auto sleeper = open(url());
  const auto wake_up = sleeper->make_wake_up(std::vector<std::string>{"default"});
  wake_up->wait_for(std::chrono::seconds{20});
  {
    const auto brief = open(url());
    const NewJob job{.task = "t.run"};
    brief->enqueue({&job, 1});
  }
  const auto start = std::chrono::steady_clock::now();
  wake_up->wait_for(std::chrono::seconds{20});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
}

}  // namespace
}  // namespace stint::test
