// Ids, the partitions that they fall into, and how these come and go.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>
#include "base/clock.hpp"
#include "postgres_test_base.hpp"
#include "support/eventually.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PostgresPartitions : public PostgresTest {
 protected:
  std::vector<std::string> partitions() {
    return run(
        "select substring(relname from '[0-9]+$') from pg_inherits join pg_class on "
        "pg_class.oid = inhrelid where inhparent = 'stint.job'::regclass "
        "order by relname");
  }
  void end_all() {
    const ClaimRequest request = claim_of(new_worker(store()), 100);
    std::vector<Completion> completions;
    for (const ClaimedJob& job : store().exchange({}, &request).claimed) {
      completions.push_back({.id = job.id, .epoch = job.epoch});
    }
    store().exchange(completions, nullptr);
  }
};

TEST_F(PostgresPartitions, AreMadeAhead) {
  put(1);
  EXPECT_THAT(partitions(), ElementsAre("0", "1"));
}

TEST_F(PostgresPartitions, TakeACallThatGoesOverABound) {
  run("select setval('stint.job_id', 999990)");
  const std::vector<JobId> ids = put(20);
  EXPECT_EQ(ids.front().value, 999'991);
  EXPECT_EQ(ids.back().value, 1'000'010);
  EXPECT_THAT(run("select id from stint.job_p1"), SizeIs(11));
  EXPECT_THAT(partitions(), ElementsAre("0", "1", "2"));
  end_all();
  EXPECT_THAT(run("select id from stint.finished_p1"), SizeIs(11));
}

TEST_F(PostgresPartitions, AreMadeOnceByManyAtATime) {
  std::vector<std::thread> threads;
  std::vector<std::unique_ptr<Store>> stores;
  stores.reserve(4);
  for (int i = 0; i < 4; ++i) stores.push_back(open(url()));
  threads.reserve(stores.size());
  for (const auto& one : stores) {
    threads.emplace_back([&one] {
      const NewJob job{.task = "t.run"};
      one->enqueue({&job, 1});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(run("select id from stint.live"), SizeIs(4));
}

TEST_F(PostgresPartitions, AreDroppedOnceTheyArePast) {
  put(5);
  end_all();
  run("select setval('stint.job_id', 4000000)");
  const auto another = open(url());
  const NewJob job{.task = "t.run"};
  const JobId young = another->enqueue({&job, 1}).at(0).id;
  EXPECT_EQ(another->purge_jobs({.older_than = milliseconds{0}}), 5);
  EXPECT_THAT(partitions(), ElementsAre("4", "5"));
  EXPECT_TRUE(another->find_job(young).has_value());
}

// Dropping takes locks on everything, in an order in which nobody waits for it in turn.
TEST_F(PostgresPartitions, AreDroppedWhileJobsComeAndGo) {
  put(5);
  end_all();
  run("select setval('stint.job_id', 4000000)");
  store().enqueue(std::vector<NewJob>(1000, {.task = "t.run"}));
  std::atomic<bool> is_over{false};
  std::atomic<std::int64_t> longest_ms{0};
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, worker = new_worker(store())] {
      const ClaimRequest request = claim_of(worker, 5);
      const NewJob job{.task = "t.run"};
      std::vector<Completion> completions;
      while (!is_over) {
        const auto begin = real_clock().boot_now();
        const Exchange result = store().exchange(completions, &request);
        store().enqueue({&job, 1});
        const auto took = (real_clock().boot_now() - begin) / milliseconds{1};
        longest_ms = std::max<std::int64_t>(longest_ms, took);
        completions.clear();
        for (const ClaimedJob& one : result.claimed) {
          completions.push_back({.id = one.id, .epoch = one.epoch});
        }
      }
    });
  }
  EXPECT_TRUE(eventually([&] {
    store().purge_jobs({.older_than = milliseconds{0}});
    return partitions().front() != "0";
  }));
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(longest_ms, 1000);
}

TEST_F(PostgresPartitions, StayWhileAJobOfThemLives) {
  put(5);
  end_all();
  put(1);
  run("select setval('stint.job_id', 4000000)");
  open(url())->enqueue(std::vector<NewJob>(1, {.task = "t.run"}));
  EXPECT_EQ(store().purge_jobs({.older_than = milliseconds{0}}), 5);
  EXPECT_EQ(partitions().front(), "0");
}

TEST_F(PostgresPartitions, AreLeftByIdsThatWereReservedLongAgo) {
  // This store keeps ids of the first partition in hand.
  for (int i = 0; i < 4; ++i) put(1);
  end_all();
  run("select setval('stint.job_id', 4000000)");
  const auto another = open(url());
  const NewJob job{.task = "t.run"};
  another->enqueue({&job, 1});
  another->purge_jobs({.older_than = milliseconds{0}});
  ASSERT_THAT(partitions(), ElementsAre("4", "5"));
  EXPECT_GT(put(1).at(0).value, 4'000'000);
}

TEST_F(PostgresPartitions, StartWithShortIds) {
  EXPECT_EQ(put(1).at(0).value, 1);
  const auto another = open(url());
  const NewJob job{.task = "t.run"};
  EXPECT_EQ(another->enqueue({&job, 1}).at(0).id.value, 2);
}

}  // namespace
}  // namespace stint::test
