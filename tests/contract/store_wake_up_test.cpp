#include <future>
#include <thread>
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Far more than a wake-up takes, far less than a waiter would wait without one.
constexpr auto kLong = std::chrono::seconds{60};
constexpr auto kSoon = std::chrono::seconds{20};

class StoreWakeUp : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    worker();
    wake_up_ = store().make_wake_up(std::vector<std::string>{"default"});
  }
  void TearDown() override {
    wake_up_.reset();
    StoreContract::TearDown();
  }

  // Wait in a thread of its own until `has_come`; tell how long it took.
  std::future<SteadyClock::duration> wait_until(std::function<bool()> has_come) {
    return std::async(std::launch::async, [this, has_come = std::move(has_come)] {
      const auto start = SteadyClock::now();
      while (!has_come() && SteadyClock::now() - start < kLong) wake_up_->wait_for(kLong);
      return SteadyClock::now() - start;
    });
  }
  std::future<SteadyClock::duration> wait_for_a_job() {
    return wait_until([this] { return !claim().empty(); });
  }

  std::unique_ptr<WakeUp> wake_up_;
};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreWakeUp);

TEST_P(StoreWakeUp, WakesAWaiterForAnEnqueue) {
  auto waited = wait_for_a_job();
  put();
  EXPECT_LT(waited.get(), kSoon);
}

TEST_P(StoreWakeUp, WakesAWaiterForAnEnqueueThroughAnotherStoreObject) {
  Store& other = open_another();
  auto waited = wait_for_a_job();
  const NewJob job{.task = "t.run"};
  other.enqueue({&job, 1});
  EXPECT_LT(waited.get(), kSoon);
}

TEST_P(StoreWakeUp, WakesAgainAndAgain) {
  for (int i = 0; i < 20; ++i) {
    auto waited = wait_for_a_job();
    put();
    ASSERT_LT(waited.get(), kSoon) << i;
  }
}

TEST_P(StoreWakeUp, TellsRequestsFromJobs) {
  auto waited = wait_for_a_job();
  put();
  waited.get();
  EXPECT_FALSE(wake_up_->take_request());
  const ClaimedJob job = put_and_claim();
  for (Store* asker : {&store(), &open_another()}) {
    auto asked = wait_until([this] { return wake_up_->take_request(); });
    asker->ask_stacks(job.id);
    EXPECT_LT(asked.get(), kSoon);
  }
  auto aborted = wait_until([this] { return wake_up_->take_request(); });
  open_another().abort(job.id, "stop");
  EXPECT_LT(aborted.get(), kSoon);
}

TEST_P(StoreWakeUp, WakesTheHolderOfAJobThatIsToStop) {
  const ClaimedJob job = put_and_claim();
  auto waited = wait_until([this] { return !store().job_requests(worker()).aborts.empty(); });
  store().abort(job.id, "stop");
  EXPECT_LT(waited.get(), kSoon);
}

TEST_P(StoreWakeUp, WakesForAJobThatIsGivenBack) {
  const ClaimedJob job = put_and_claim();
  auto waited = wait_for_a_job();
  complete({.id = job.id, .epoch = job.epoch, .outcome = Outcome::kInterrupted, .started = false});
  EXPECT_LT(waited.get(), kSoon);
}

TEST_P(StoreWakeUp, WakesForAJobThatFailedAndIsDueAgain) {
  const ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 2});
  auto waited = wait_for_a_job();
  complete({.id = job.id, .epoch = job.epoch, .outcome = Outcome::kFailed});
  EXPECT_LT(waited.get(), kSoon);
}

TEST_P(StoreWakeUp, WakesForTheJobsOfTheDeadAndOfLeavers) {
  const WorkerId dead = new_worker();
  const WorkerId leaver = new_worker();
  put();
  claim_one(dead);
  auto waited = wait_for_a_job();
  rescue(dead, std::vector<StartedJob>{});
  EXPECT_LT(waited.get(), kSoon);
  put();
  claim_one(leaver);
  waited = wait_for_a_job();
  store().retire_worker(leaver);
  EXPECT_LT(waited.get(), kSoon);
}

TEST_P(StoreWakeUp, LosesNoEventBetweenTwoWaits) {
  put();
  const auto start = SteadyClock::now();
  wake_up_->wait_for(kLong);
  EXPECT_LT(SteadyClock::now() - start, kSoon);
}

TEST_P(StoreWakeUp, ReturnsWhenTheTimeHasPassed) {
  const auto start = SteadyClock::now();
  wake_up_->wait_for(milliseconds{5});
  wake_up_->wait_for(milliseconds{0});
  wake_up_->wait_for(std::chrono::nanoseconds{-1});
  EXPECT_LT(SteadyClock::now() - start, kSoon);
}

TEST_P(StoreWakeUp, IsInterruptedWhileItWaits) {
  auto waited = std::async(std::launch::async, [this] {
    const auto start = SteadyClock::now();
    wake_up_->wait_for(kLong);
    return SteadyClock::now() - start;
  });
  wake_up_->interrupt();
  EXPECT_LT(waited.get(), kSoon);
}

TEST_P(StoreWakeUp, IsInterruptedBeforeItWaits) {
  wake_up_->interrupt();
  const auto start = SteadyClock::now();
  wake_up_->wait_for(std::chrono::hours{24 * 365 * 290});
  EXPECT_LT(SteadyClock::now() - start, kSoon);
}

TEST_P(StoreWakeUp, WaitsForEachOfSeveralDomains) {
  wake_up_ = store().make_wake_up(std::vector<std::string>{"mail", "bulk"});
  for (const std::string domain : {"bulk", "mail"}) {
    auto waited = wait_until([&] {
      ClaimRequest claim_request = request(worker());
      claim_request.domain = domain;
      return !claim(claim_request).empty();
    });
    put({.task = "t.run", .domain = domain});
    EXPECT_LT(waited.get(), kSoon) << domain;
  }
}

}  // namespace
}  // namespace stint::test
