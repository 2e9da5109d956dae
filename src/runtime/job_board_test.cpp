#include "runtime/job_board.hpp"
#include <atomic>
#include <future>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "support/eventually.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using test::eventually;

/// A board whose exchanges are made by hand, on a clock that stands still.
class JobBoardTest : public ::testing::Test {
 protected:
  JobBoard& make(BoardOptions options) {
    board_.emplace(std::move(options), clock_, [this] { ++interrupts_; });
    board_->set_lease(clock_.boot_now() + 30s);
    return *board_;
  }
  JobBoard& board() { return *board_; }

  static ClaimedJob job(std::int64_t id, int crashes = 0, const std::string& domain = "default") {
    return {.id = JobId{id}, .epoch = Epoch{1}, .crashes = crashes, .domain = domain};
  }
  static Completion done(const ClaimedJob& job) { return {.id = job.id, .epoch = job.epoch}; }

  /// Make the next exchange of the main exchanger; the store answers with these jobs.
  ExchangePlan exchange(std::vector<ClaimedJob> claimed = {}) {
    const std::optional<ExchangePlan> plan = board().plan_exchange(true);
    if (!plan) throw std::logic_error{"there was nothing to exchange"};
    board().merge(*plan,
                  {.completed = std::vector<WriteResult>(plan->completions.size()),
                   .claimed = std::move(claimed)},
                  true);
    return *plan;
  }
  ClaimedJob take() {
    std::optional<ClaimedJob> job = board().take_job();
    if (!job) throw std::logic_error{"the board is closed"};
    return std::move(*job);
  }
  void finish(const ClaimedJob& job, std::chrono::nanoseconds took = 1s) {
    board().finish(job, done(job), took);
  }
  /// Take a job on another thread, which is seen to wait for it first.
  std::future<std::optional<ClaimedJob>> take_later() {
    const int waiting = board().standing().waiting;
    auto result = std::async(std::launch::async, [this] { return board().take_job(); });
    if (!eventually([&] { return board().standing().waiting == waiting + 1; })) {
      throw std::logic_error{"the slot did not have to wait"};
    }
    return result;
  }
  /// Run jobs one after the other until the board knows how long one takes.
  void learn(std::chrono::nanoseconds took) {
    exchange({job(1000)});
    finish(take(), took);
  }

  ManualClock clock_;
  std::atomic<int> interrupts_{0};
  std::optional<JobBoard> board_;
};

std::vector<std::int64_t> ids(const std::vector<Completion>& completions) {
  std::vector<std::int64_t> result;
  result.reserve(completions.size());
  for (const Completion& one : completions) result.push_back(one.id.value);
  return result;
}

// --- Jobs that go together ----------------------------------------------------------------------

std::vector<std::int64_t> ids(const std::vector<ClaimedJob>& jobs) {
  std::vector<std::int64_t> result;
  result.reserve(jobs.size());
  for (const ClaimedJob& one : jobs) result.push_back(one.id.value);
  return result;
}

bool any_job(const ClaimedJob& /*job*/) { return true; }

class JobsTogetherTest : public JobBoardTest {
 protected:
  /// Hold jobs 1 to `count`, and take the first.
  void hold(int count, BoardOptions options = {.slots = 1}) {
    make(std::move(options));
    learn(1us);
    std::vector<ClaimedJob> jobs;
    for (int i = 1; i <= count; ++i) jobs.push_back(job(i));
    exchange(std::move(jobs));
    EXPECT_EQ(take().id, JobId{1});
  }
};

TEST_F(JobsTogetherTest, AreTakenInOrder) {
  hold(10);
  EXPECT_EQ(ids(board().take_ahead(3, any_job).jobs), (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(board().standing().running, 4);
  EXPECT_EQ(take().id, JobId{5});
}

TEST_F(JobsTogetherTest, AreOnlyTheFirstThatFit) {
  hold(10);
  const auto fits = [](const ClaimedJob& one) { return one.id.value != 4; };
  EXPECT_EQ(ids(board().take_ahead(8, fits).jobs), (std::vector<std::int64_t>{2, 3}));
}

TEST_F(JobsTogetherTest, LeaveOtherSlotsTheirShare) {
  hold(9, {.slots = 4});
  EXPECT_EQ(board().take_ahead(32, any_job).jobs.size(), 2U);
}

TEST_F(JobsTogetherTest, AreNoneWhereRunsAreCounted) {
  hold(10, {.slots = 1, .allowed_runs = 5});
  EXPECT_TRUE(board().take_ahead(3, any_job).jobs.empty());
}

TEST_F(JobsTogetherTest, AreNoneWithoutALease) {
  hold(10);
  clock_.advance(31s);
  EXPECT_TRUE(board().take_ahead(3, any_job).jobs.empty());
}

TEST_F(JobsTogetherTest, GoBackToTheFront) {
  hold(10);
  const auto ahead = board().take_ahead(3, any_job);
  board().put_back(std::span{ahead.jobs}.subspan(1), ahead.claims);
  EXPECT_EQ(board().standing().running, 2);
  EXPECT_EQ(take().id, JobId{3});
  EXPECT_EQ(take().id, JobId{4});
  EXPECT_EQ(take().id, JobId{5});
}

TEST_F(JobsTogetherTest, GoBackToTheStoreFromABoardThatClaimsNoMore) {
  hold(3);
  const auto ahead = board().take_ahead(2, any_job);
  board().stop_claiming();
  board().put_back(ahead.jobs, ahead.claims);
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  ASSERT_EQ(ids(plan->completions), (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(plan->completions[0].outcome, Outcome::kInterrupted);
  EXPECT_FALSE(plan->completions[0].started);
}

TEST_F(JobsTogetherTest, AreForgottenOnceTheyWereGivenToOthers) {
  hold(3);
  const auto ahead = board().take_ahead(2, any_job);
  board().drop_claimed();
  board().put_back(ahead.jobs, ahead.claims);
  EXPECT_EQ(board().standing().running, 1);
  EXPECT_EQ(board().standing().begun, 2) << "the one that taught, and the first";
}

// --- How many jobs are claimed ------------------------------------------------------------------

TEST_F(JobBoardTest, ClaimsOneForEachSlotAtFirst) {
  make({.slots = 3});
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->claim_limit, 3);
  EXPECT_TRUE(plan->completions.empty());
}

TEST_F(JobBoardTest, ClaimsNothingTwiceForTheSameSlot) {
  make({.slots = 3});
  ASSERT_TRUE(board().plan_exchange(true));
  EXPECT_FALSE(board().plan_exchange(true)) << "three are being claimed already";
}

TEST_F(JobBoardTest, ClaimsQuickJobsAhead) {
  make({.slots = 2});
  learn(1ms);
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->claim_limit, 2 + 100) << "what two slots begin within 50 ms";
}

TEST_F(JobBoardTest, NeverClaimsMoreThanABatch) {
  make({.slots = 2, .largest_batch = 64});
  learn(1us);
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->claim_limit, 64);
}

TEST_F(JobBoardTest, ClaimsLongJobsOnlyForFreeSlots) {
  make({.slots = 2});
  learn(10s);
  exchange({job(1), job(2)});
  const ClaimedJob first = take();
  take();
  EXPECT_FALSE(board().plan_exchange(true)) << "both slots are taken";
  finish(first, 10s);
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->claim_limit, 1);
}

TEST_F(JobBoardTest, ForgetsWhatTheStoreDidNotGive) {
  make({.slots = 4});
  exchange({job(1)});
  board().expect_jobs();
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->claim_limit, 3);
}

TEST_F(JobBoardTest, LooksNoMoreIntoAnEmptyDomainUntilJobsAreExpected) {
  make({.slots = 1});
  exchange();
  EXPECT_FALSE(board().plan_exchange(true));
  board().expect_jobs();
  EXPECT_TRUE(board().plan_exchange(true));
}

TEST_F(JobBoardTest, LooksAgainIfAnEventCameDuringTheScan) {
  make({.slots = 1});
  const auto plan = board().plan_exchange(true);
  board().expect_jobs();  // enqueued behind the scan's back
  board().merge(*plan, {}, true);
  EXPECT_FALSE(board().standing().is_idle);
  EXPECT_TRUE(board().plan_exchange(true));
}

// --- Domains ------------------------------------------------------------------------------------

TEST_F(JobBoardTest, TakesTurnsBetweenDomains) {
  make({.slots = 4, .domains = {{.name = "mail"}, {.name = "bulk"}}});
  const ExchangePlan first = exchange({job(1, 0, "mail")});
  const ExchangePlan second = exchange({job(2, 0, "bulk")});
  EXPECT_NE(first.domain, second.domain);
}

TEST_F(JobBoardTest, KeepsADomainWithinItsShare) {
  make({.slots = 4, .domains = {{.name = "mail", .most = 1}, {.name = "bulk"}}});
  const ExchangePlan mail = exchange({job(1, 0, "mail")});
  EXPECT_EQ(mail.domain, 0U);
  EXPECT_EQ(mail.claim_limit, 1);
  const ExchangePlan bulk = exchange({job(2, 0, "bulk")});
  EXPECT_EQ(bulk.domain, 1U);
  EXPECT_EQ(bulk.claim_limit, 3);
  for (int i = 0; i < 3; ++i) {
    board().expect_jobs();
    const auto plan = board().plan_exchange(true);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->domain, 1U) << "mail holds all that it may";
    board().merge(*plan, {}, true);
  }
  finish(take());  // the mail
  const auto next = board().plan_exchange(true);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->domain, 0U);
  EXPECT_EQ(next->claim_limit, 1);
}

TEST_F(JobBoardTest, GivesBackTheShareOfWhatItDropped) {
  make({.slots = 1, .domains = {{.name = "mail", .most = 1}}});
  exchange({job(1, 0, "mail")});
  board().drop_claimed();
  EXPECT_EQ(exchange({job(2, 0, "mail")}).claim_limit, 1);
  board().drop(take());
  EXPECT_EQ(exchange({job(3, 0, "mail")}).claim_limit, 1);
}

// --- Completions --------------------------------------------------------------------------------

TEST_F(JobBoardTest, CompletesAndClaimsInOneExchange) {
  make({.slots = 1});
  exchange({job(1)});
  finish(take());
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  EXPECT_EQ(ids(plan->completions), std::vector<std::int64_t>{1});
  EXPECT_EQ(plan->claim_limit, 1);
}

TEST_F(JobBoardTest, HoldsACompletionForAMomentWhileJobsAreAtHand) {
  make({.slots = 2});
  learn(1ms);
  std::vector<ClaimedJob> many;
  for (int i = 1; i <= 102; ++i) many.push_back(job(i));
  exchange(many);
  const ClaimedJob first = take();
  take();
  finish(first, 1ms);
  EXPECT_FALSE(board().plan_exchange(true)) << "others will join it";
  EXPECT_GT(board().longest_wait(), 0ms);
  EXPECT_LE(board().longest_wait(), 1ms);
  clock_.advance(1ms);
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  EXPECT_EQ(ids(plan->completions), std::vector<std::int64_t>{1});
}

TEST_F(JobBoardTest, WritesAtOnceWhenNothingElseRuns) {
  make({.slots = 2});
  exchange({job(1)});
  finish(take());
  EXPECT_TRUE(board().plan_exchange(true));
}

TEST_F(JobBoardTest, KeepsCompletionsInOrderWhenAnExchangeFailed) {
  make({.slots = 2});
  exchange({job(1), job(2)});
  const ClaimedJob first = take();
  const ClaimedJob second = take();
  finish(first);
  std::optional<ExchangePlan> plan = board().plan_exchange(true);
  finish(second);
  board().undo(std::move(*plan));
  EXPECT_EQ(ids(exchange().completions), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(JobBoardTest, TellsWhenTheEndOfAJobAtMostOnceIsWritten) {
  make({.slots = 1});
  ClaimedJob once = job(1);
  once.flags.mask = JobFlags::kAtMostOnce;
  exchange({once});
  finish(take());
  auto writer = std::async(std::launch::async, [&] { return board().wait_written(once); });
  std::optional<ExchangePlan> failed = board().plan_exchange(true);
  board().undo(std::move(*failed));
  EXPECT_EQ(writer.wait_for(10ms), std::future_status::timeout) << "the outage wrote nothing";
  exchange();
  EXPECT_TRUE(writer.get());
}

TEST_F(JobBoardTest, LetsWaitersGoWhenNobodyWritesAnyMore) {
  make({.slots = 1});
  ClaimedJob once = job(1);
  once.flags.mask = JobFlags::kAtMostOnce;
  exchange({once});
  finish(take());
  auto writer = std::async(std::launch::async, [&] { return board().wait_written(once); });
  board().give_up_writes();
  EXPECT_FALSE(writer.get());
}

TEST_F(JobBoardTest, WakesTheMainExchangerForACompletion) {
  make({.slots = 1});
  exchange({job(1)});
  const ClaimedJob only = take();
  ASSERT_FALSE(board().plan_exchange(true));  // now it waits
  EXPECT_EQ(interrupts_, 0);
  finish(only);
  EXPECT_EQ(interrupts_, 1);
}

TEST_F(JobBoardTest, AsksForHelpWhenMuchIsToBeWritten) {
  make({.slots = 4, .largest_batch = 4});
  exchange({job(1), job(2), job(3)});
  const ClaimedJob first = take();
  const ClaimedJob second = take();
  auto helper = std::async(std::launch::async, [this] { return board().wait_for_help_wanted(); });
  finish(first);
  EXPECT_FALSE(board().plan_exchange(false)) << "one completion is nothing to help with";
  finish(second);
  EXPECT_TRUE(helper.get());
  const auto plan = board().plan_exchange(false);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->completions.size(), 2U);
}

// --- Jobs that crashed before -------------------------------------------------------------------

TEST_F(JobBoardTest, RunsAJobThatCrashedOnlyWhenNothingElseRuns) {
  make({.slots = 2});
  exchange({job(1), job(2, /*crashes=*/1)});
  const ClaimedJob other = take();
  EXPECT_EQ(other.id, JobId{1});
  auto slot = take_later();
  finish(other);
  EXPECT_EQ(slot.get()->id, JobId{2});
}

TEST_F(JobBoardTest, RunsNothingBesideAJobThatCrashed) {
  make({.slots = 3});
  const auto plan = board().plan_exchange(true);
  board().merge(*plan, {.completed = {}, .claimed = {job(1, 1)}}, true);
  const ClaimedJob lone = take();
  board().expect_jobs();
  EXPECT_FALSE(board().plan_exchange(true)) << "nothing is claimed beside it";
  finish(lone);
  exchange({job(2, 1), job(3)});
  const ClaimedJob plain = take();
  EXPECT_EQ(plain.id, JobId{3}) << "what crashed waits for the others";
  finish(plain);
  const ClaimedJob second = take();
  EXPECT_EQ(second.id, JobId{2});
  auto slot = take_later();
  finish(second);
  exchange({job(4)});
  EXPECT_EQ(slot.get()->id, JobId{4});
}

// --- Lease, limits, ends ------------------------------------------------------------------------

TEST_F(JobBoardTest, BeginsNothingWithoutALease) {
  make({.slots = 1});
  exchange({job(1)});
  clock_.advance(30s);
  auto slot = take_later();
  board().set_lease(clock_.boot_now() + 30s);
  EXPECT_EQ(slot.get()->id, JobId{1});
}

TEST_F(JobBoardTest, RunsNoMoreThanItIsAllowed) {
  make({.slots = 4, .allowed_runs = 2});
  EXPECT_EQ(exchange({job(1), job(2)}).claim_limit, 2);
  finish(take());
  finish(take());
  EXPECT_FALSE(board().standing().is_exhausted) << "their ends are not written yet";
  EXPECT_EQ(exchange().claim_limit, 0);
  EXPECT_TRUE(board().standing().is_exhausted);
  EXPECT_EQ(board().standing().begun, 2);
  board().allow_runs(1);
  EXPECT_EQ(exchange({job(3)}).claim_limit, 1);
}

TEST_F(JobBoardTest, GivesBackWhatWasClaimedForARunThatIsNoLongerAllowed) {
  make({.slots = 1, .allowed_runs = 1});
  exchange({job(1, /*crashes=*/1)});
  board().allow_runs(0);
  EXPECT_EQ(ids(exchange().completions), std::vector<std::int64_t>{1});
  board().allow_runs(1);
  const auto in_flight = board().plan_exchange(true);
  board().allow_runs(0);
  board().merge(*in_flight, {.completed = {}, .claimed = {job(2)}}, true);
  EXPECT_EQ(ids(exchange().completions), std::vector<std::int64_t>{2});
  EXPECT_TRUE(board().standing().is_exhausted);
}

TEST_F(JobBoardTest, EndsClaimedJobsThatAreAborted) {
  make({.slots = 2});
  exchange({job(1), job(2)});
  board().end_claimed({{.id = JobId{1}, .epoch = Epoch{1}, .message = "no longer needed"},
                       {.id = JobId{2}, .epoch = Epoch{9}, .message = {}}});
  EXPECT_EQ(take().id, JobId{2}) << "the abort of another epoch is not for this claim";
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  ASSERT_EQ(ids(plan->completions), std::vector<std::int64_t>{1});
  EXPECT_EQ(plan->completions.front().outcome, Outcome::kAborted);
  EXPECT_FALSE(plan->completions.front().started);
}

TEST_F(JobBoardTest, GivesBackWhatCannotBegin) {
  make({.slots = 1});
  learn(1ms);
  exchange({job(1), job(2), job(3)});
  take();
  clock_.advance(999ms);
  board().give_back_stuck(1s);
  std::optional<ExchangePlan> early = board().plan_exchange(true);
  ASSERT_TRUE(early);
  EXPECT_TRUE(early->completions.empty()) << "patience has not passed";
  board().undo(std::move(*early));
  clock_.advance(1ms);
  board().give_back_stuck(1s);
  const ExchangePlan plan = exchange();
  EXPECT_EQ(ids(plan.completions), (std::vector<std::int64_t>{2, 3}));
  for (const Completion& one : plan.completions) {
    EXPECT_EQ(one.outcome, Outcome::kInterrupted);
    EXPECT_FALSE(one.started);
  }
  EXPECT_EQ(plan.claim_limit, 0) << "jobs take long: none is claimed ahead again";
}

TEST_F(JobBoardTest, GivesEverythingBackWhenItStopsClaiming) {
  make({.slots = 3});
  const auto in_flight = board().plan_exchange(true);
  board().stop_claiming();
  board().merge(*in_flight, {.completed = {}, .claimed = {job(1), job(2, 1)}}, true);
  const ExchangePlan plan = exchange();
  EXPECT_EQ(ids(plan.completions), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(plan.claim_limit, 0);
  EXPECT_TRUE(board().standing().is_empty);
}

TEST_F(JobBoardTest, GivesBackWhatAWorkerClaimedThatIsNoMore) {
  make({.slots = 2});
  const auto in_flight = board().plan_exchange(true);
  board().merge(*in_flight, {.completed = {}, .claimed = {job(1)}}, /*is_own=*/false);
  const auto plan = board().plan_exchange(true);
  ASSERT_TRUE(plan);
  EXPECT_EQ(ids(plan->completions), std::vector<std::int64_t>{1});
  EXPECT_EQ(plan->completions.front().outcome, Outcome::kInterrupted);
}

TEST_F(JobBoardTest, LetsSlotsGoWhenItIsClosed) {
  make({.slots = 1});
  auto slot = take_later();
  board().close();
  EXPECT_FALSE(slot.get());
  EXPECT_TRUE(board().is_closed());
  EXPECT_FALSE(board().wait_for_help_wanted());
}

TEST_F(JobBoardTest, WakesTheMainExchangerWhenAHelperBroughtTheLastReply) {
  make({.slots = 4, .largest_batch = 4});
  exchange({job(1), job(2)});
  finish(take());
  finish(take());
  const auto helping = board().plan_exchange(false);
  ASSERT_TRUE(helping);
  board().stop_claiming();
  board().close();
  ASSERT_FALSE(board().plan_exchange(true));
  const int before = interrupts_;
  board().merge(*helping, {.completed = std::vector<WriteResult>(2), .claimed = {}}, true);
  EXPECT_GT(interrupts_, before) << "it would sleep on with nothing left to do";
}

// --- Idle ---------------------------------------------------------------------------------------

TEST_F(JobBoardTest, IsIdleOnceEveryDomainWasFoundEmpty) {
  make({.slots = 2, .domains = {{.name = "mail"}, {.name = "bulk"}}});
  exchange();
  EXPECT_FALSE(board().standing().is_idle);
  exchange();
  EXPECT_TRUE(board().standing().is_idle);
}

TEST_F(JobBoardTest, IsNotIdleWhileAnythingIsHere) {
  make({.slots = 2});
  exchange({job(1)});
  const ClaimedJob only = take();
  exchange();
  EXPECT_FALSE(board().standing().is_idle);
  finish(only);
  EXPECT_FALSE(board().standing().is_idle) << "the end is not written, and may make others due";
  exchange();
  EXPECT_TRUE(board().standing().is_idle);
}

TEST_F(JobBoardTest, LooksAgainSoonAfterALookThatProvesNothing) {
  make({.slots = 2});
  const std::optional<ExchangePlan> plan = board().plan_exchange(true);
  board().merge(*plan, {.looked_everywhere = false}, true);
  EXPECT_FALSE(board().standing().is_idle);
  EXPECT_FALSE(board().plan_exchange(true)) << "not at once";
  EXPECT_LE(board().longest_wait(), 5ms);
  board().expect_jobs();
  exchange();
  EXPECT_TRUE(board().standing().is_idle);
}

TEST_F(JobBoardTest, IsNotIdleAfterAnExchangeThatCouldNotScan) {
  make({.slots = 2});
  std::optional<ExchangePlan> plan = board().plan_exchange(true);
  plan->is_scanned = false;
  board().merge(*plan, {}, true);
  EXPECT_FALSE(board().standing().is_idle);
  EXPECT_TRUE(board().plan_exchange(true));
}

TEST_F(JobBoardTest, LooksLessAndLessOftenWhileIdle) {
  make({.slots = 1});
  std::vector<std::chrono::nanoseconds> waits;
  for (int i = 0; i < 6; ++i) {
    exchange();
    waits.push_back(board().longest_wait());
    board().expect_jobs();
  }
  EXPECT_EQ(waits, (std::vector<std::chrono::nanoseconds>{5ms, 50ms, 250ms, 1s, 1s, 1s}));
  exchange({job(1)});
  finish(take());
  exchange();
  EXPECT_EQ(board().longest_wait(), 5ms) << "after work it begins anew";
}

TEST_F(JobBoardTest, WaitsForAStandingUntilTheDeadline) {
  make({.slots = 1});
  const auto never = [](const JobBoard::Standing&) { return false; };
  EXPECT_FALSE(board().wait_until(never, clock_.boot_now()));
  auto waiter = std::async(std::launch::async, [this] {
    return board().wait_until([](const JobBoard::Standing& now) { return now.is_idle; }, {});
  });
  exchange();
  EXPECT_TRUE(waiter.get());
}

}  // namespace
}  // namespace stint
