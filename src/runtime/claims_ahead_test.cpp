// Jobs that are claimed only once a slot is free for them.
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "runtime/job_board.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

/// A board whose exchanges are made by hand, on a clock that stands still.
class ClaimsAheadTest : public ::testing::Test {
 protected:
  void make(BoardOptions options) {
    board_.emplace(std::move(options), clock_, [] {});
    board_->set_lease(clock_.boot_now() + 30s);
  }
  JobBoard& board() { return *board_; }
  static ClaimedJob job(std::int64_t id) {
    return {.id = JobId{id}, .epoch = Epoch{1}, .domain = "default"};
  }
  static Completion done(const ClaimedJob& job) { return {.id = job.id, .epoch = job.epoch}; }

  /// Make the next exchange; the store answers with these jobs.
  ExchangePlan exchange(std::vector<ClaimedJob> claimed = {}) {
    const std::optional<ExchangePlan> plan = board().plan_exchange(true);
    if (!plan) throw std::logic_error{"there was nothing to exchange"};
    board().merge(*plan,
                  {.completed = std::vector<WriteResult>(plan->completions.size()),
                   .claimed = std::move(claimed)},
                  true);
    return *plan;
  }
  ClaimedJob take() { return board().take_job().value(); }
  void finish(const ClaimedJob& job, std::chrono::nanoseconds took) {
    board().finish(job, done(job), took);
  }

  ManualClock clock_;
  std::optional<JobBoard> board_;
};

TEST_F(ClaimsAheadTest, ClaimsForFreeSlotsAloneWhereNothingIsClaimedAhead) {
  make({.slots = 2, .claims_ahead = ClaimsAhead::kNone});
  EXPECT_EQ(exchange({job(1)}).claim_limit, 2);
  const ClaimedJob first = take();
  finish(first, 1us);  // else that would be reason to claim hundreds
  const ExchangePlan plan = exchange({job(2), job(3)});
  EXPECT_EQ(plan.claim_limit, 2);
  EXPECT_FALSE(plan.is_ahead);
  EXPECT_FALSE(board().plan_exchange(true)) << "both slots have one";
}

TEST_F(ClaimsAheadTest, ClaimsOnlySomeTasksAhead) {
  make({.slots = 2, .claims_ahead = ClaimsAhead::kSome});
  const ExchangePlan first = exchange({job(1)});
  EXPECT_EQ(first.claim_limit, 2) << "of all tasks, for the slots";
  EXPECT_FALSE(first.is_ahead);
  finish(take(), 1us);
  const ExchangePlan ahead = exchange({job(2), job(3), job(4)});
  EXPECT_TRUE(ahead.is_ahead);
  EXPECT_GT(ahead.claim_limit, 100);

  // After a while all tasks have their turn: first what is ready runs dry.
  clock_.advance(60ms);
  EXPECT_FALSE(board().plan_exchange(true));
  const ClaimedJob second = take();
  const ClaimedJob third = take();
  finish(second, 1us);
  finish(third, 1us);
  finish(take(), 1us);
  const ExchangePlan all = exchange({job(5)});
  EXPECT_FALSE(all.is_ahead);
  EXPECT_EQ(all.claim_limit, 2);
}

TEST_F(ClaimsAheadTest, LooksForTheOtherTasksBeforeItBelievesThatThereIsNothing) {
  make({.slots = 1, .claims_ahead = ClaimsAhead::kSome});
  exchange({job(1)});
  finish(take(), 1us);
  EXPECT_TRUE(exchange().is_ahead);
  EXPECT_FALSE(board().standing().is_idle) << "that was not all";
  EXPECT_FALSE(exchange().is_ahead);
  EXPECT_TRUE(board().standing().is_idle);
}

TEST_F(ClaimsAheadTest, OnlyFreesTheSlotOfAJobWhoseEndIsWritten) {
  make({.slots = 1});
  exchange({job(1)});
  const ClaimedJob job = take();
  Completion end = done(job);
  end.written = WriteResult::kAccepted;
  board().finish(job, end, 1s);
  const ExchangePlan plan = exchange();
  EXPECT_TRUE(plan.completions.empty());
  EXPECT_EQ(plan.claim_limit, 1);
  EXPECT_TRUE(board().standing().is_idle);
}

}  // namespace
}  // namespace stint
