#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

class StoreConcurrency : public StoreContract {
 protected:
  // Claim and complete until there is nothing left; return what was claimed.
  std::vector<JobId> drain(Store& through, WorkerId as, int limit) {
    std::vector<JobId> seen;
    std::vector<Completion> completions;
    const ClaimRequest more = request(as, limit);
    for (;;) {
      const Exchange result = through.exchange(completions, &more);
      for (const WriteResult one : result.completed) {
        if (one != WriteResult::kAccepted) fenced_.fetch_add(1);
      }
      completions.clear();
      if (result.claimed.empty()) return seen;
      for (const ClaimedJob& job : result.claimed) {
        seen.push_back(job.id);
        completions.push_back({.id = job.id, .epoch = job.epoch});
      }
    }
  }

  void drain_by_four(std::vector<Store*> through) {
    const std::vector<JobId> ids = put_many(400);
    std::vector<std::vector<JobId>> seen(4);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < seen.size(); ++i) {
        const WorkerId as = new_worker();
        threads.emplace_back([this, &through, &seen, i, as] {
          seen[i] = drain(*through[i % through.size()], as, 7);
        });
      }
    }
    std::vector<JobId> all;
    for (const auto& some : seen) all.insert(all.end(), some.begin(), some.end());
    std::ranges::sort(all);
    EXPECT_EQ(all, ids);
    EXPECT_EQ(fenced_.load(), 0);
    EXPECT_EQ(store().list_jobs({.states = {JobState::kDone}, .limit = 1000}).size(), 400U);
  }

  std::atomic<int> fenced_{0};
};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreConcurrency);

TEST_P(StoreConcurrency, GivesNoJobTwiceToFourThreads) { drain_by_four({&store()}); }

TEST_P(StoreConcurrency, GivesNoJobTwiceThroughTwoStoreObjects) {
  drain_by_four({&store(), &open_another()});
}

TEST_P(StoreConcurrency, KeepsWhatManyThreadsEnqueue) {
  std::vector<std::vector<JobId>> ids(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(ids.size());
    for (auto& mine : ids) {
      threads.emplace_back([this, &mine] {
        for (int i = 0; i < 25; ++i) {
          for (const JobId id : put_many(3)) mine.push_back(id);
        }
      });
    }
  }
  std::set<JobId> all;
  for (const auto& some : ids) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), 300U);
  EXPECT_EQ(store().list_jobs({.limit = 1000}).size(), 300U);
}

TEST_P(StoreConcurrency, MakesOneJobOfOneKey) {
  std::atomic<int> inserted{0};
  std::vector<JobId> ids(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(ids.size());
    for (JobId& id : ids) {
      threads.emplace_back([this, &id, &inserted] {
        const NewJob job{.task = "t.run", .idempotency_key = "one"};
        const Enqueued enqueued = store().enqueue({&job, 1}).at(0);
        id = enqueued.id;
        if (enqueued.inserted) inserted.fetch_add(1);
      });
    }
  }
  EXPECT_EQ(inserted.load(), 1);
  EXPECT_THAT(ids, ::testing::Each(ids[0]));
}

TEST_P(StoreConcurrency, LetsOneOfManyRescuersWin) {
  const ClaimedJob job = put_and_claim();
  std::atomic<int> winners{0};
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this, &winners] {
        if (store().rescue({.worker = worker(), .beat = 0}).was_dead) winners.fetch_add(1);
      });
    }
  }
  EXPECT_EQ(winners.load(), 1);
  EXPECT_EQ(find(job.id).crashes, 1);
}

TEST_P(StoreConcurrency, AcceptsACompletionOrARescueNeverBoth) {
  for (int i = 0; i < 20; ++i) {
    const WorkerId holder = new_worker();
    put();
    const ClaimedJob job = claim_one(holder);
    std::atomic<bool> accepted{false};
    {
      std::jthread completer{[&] { accepted = complete(job) == WriteResult::kAccepted; }};
      std::jthread rescuer{[&] {
        store().rescue({.worker = holder, .beat = 0, .started = std::vector<StartedJob>{}});
      }};
    }
    const JobRecord record = find(job.id);
    EXPECT_EQ(record.state == JobState::kDone, accepted.load());
    EXPECT_EQ(record.interruptions, accepted.load() ? 0 : 1);
    if (!accepted) complete(claim_one());
  }
}

}  // namespace
}  // namespace stint::test
