// A connection that breaks when a transaction may or may not have been committed.
#include <thread>
#include <fmt/format.h>
#include "base/test_point.hpp"
#include "base/url.hpp"
#include "postgres_test_base.hpp"
#include "support/cutting_proxy.hpp"

namespace stint::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PostgresDoubt : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const Url server = parse_url(url());
    proxy_ = std::make_unique<CuttingProxy>(server.host, server.port.value_or(5432));
    through_ = open(fmt::format("postgresql://{}@127.0.0.1:{}{}?schema={}&sslmode=disable&pool=1",
                                server.user, proxy_->port(), server.path, schema()));
    worker_ = new_worker(*through_);
    claim_ = claim_of(worker_);
  }
  void TearDown() override {
    through_.reset();
    proxy_.reset();
    PostgresTest::TearDown();
  }

  static std::vector<Completion> done(const std::vector<ClaimedJob>& jobs) {
    std::vector<Completion> completions;
    completions.reserve(jobs.size());
    for (const ClaimedJob& job : jobs) completions.push_back({.id = job.id, .epoch = job.epoch});
    return completions;
  }
  std::vector<ClaimedJob> claim_three() {
    put(3);
    return through_->exchange({}, &claim_).claimed;
  }
  std::vector<std::string> held_by_worker() {
    return run(
        fmt::format("select id from stint.live where state = 3 and worker = {}", worker_.value));
  }

  std::unique_ptr<CuttingProxy> proxy_;
  std::unique_ptr<Store> through_;
  WorkerId worker_;
  ClaimRequest claim_;
};

TEST_F(PostgresDoubt, AcceptsCompletionsWhoseReplyWasLost) {
  const std::vector<ClaimedJob> jobs = claim_three();
  ASSERT_THAT(jobs, SizeIs(3));
  proxy_->lose_next_reply("complete_done");
  const Exchange reply = through_->exchange(done(jobs), nullptr);
  EXPECT_THAT(reply.completed, SizeIs(3));
  EXPECT_THAT(reply.completed, Each(WriteResult::kAccepted));
  EXPECT_THAT(run("select id from stint.finished"), SizeIs(3));
  // In doubt they were once; sent again they are fenced as ever.
  EXPECT_THAT(through_->exchange(done(jobs), nullptr).completed, Each(WriteResult::kFenced));
}

TEST_F(PostgresDoubt, TellsTheOutcomesOfEveryKindWhoseReplyWasLost) {
  put(4, {.task = "t.run", .max_attempts = 5});
  const std::vector<ClaimedJob> jobs = through_->exchange({}, &claim_).claimed;
  ASSERT_THAT(jobs, SizeIs(4));
  std::vector<Completion> completions = done(jobs);
  completions[0].outcome = Outcome::kFailed;
  completions[1].outcome = Outcome::kSnoozed;
  completions[1].delay = std::chrono::hours{1};
  completions[2].outcome = Outcome::kRejected;
  completions[3].epoch.value += 1;  // not ours: fenced, with doubt or without
  proxy_->lose_next_reply("complete_other");
  const Exchange reply = through_->exchange(completions, nullptr);
  EXPECT_THAT(reply.completed, ElementsAre(WriteResult::kAccepted, WriteResult::kAccepted,
                                           WriteResult::kAccepted, WriteResult::kFenced));
  EXPECT_THAT(reply.states,
              ElementsAre(JobState::kQueued, JobState::kQueued, JobState::kFailed, std::nullopt));
}

TEST_F(PostgresDoubt, TellsOfAFailureWhoseJobAnotherHasClaimedSince) {
  put(1, {.task = "t.run", .max_attempts = 5});
  std::vector<Completion> failed = done(through_->exchange({}, &claim_).claimed);
  ASSERT_THAT(failed, SizeIs(1));
  failed[0].outcome = Outcome::kFailed;
  proxy_->lose_next_reply("complete_other");
  {
    const ArmedTestPoint point("postgres.after_sync", [&] { proxy_->refuse(true); });
    EXPECT_THROW(static_cast<void>(through_->exchange(failed, nullptr)), Error);
  }
  const std::unique_ptr<Store> other = open(url());
  const ClaimRequest claim = claim_of(new_worker(*other));
  ASSERT_THAT(other->exchange({}, &claim).claimed, SizeIs(1));
  proxy_->refuse(false);
  EXPECT_THAT(through_->exchange(failed, nullptr).states, ElementsAre(JobState::kQueued));
}

TEST_F(PostgresDoubt, LeavesNoJobBehindThatALostClaimTook) {
  const std::vector<JobId> ids = put(3);
  proxy_->lose_next_reply("claim");
  const std::vector<ClaimedJob> jobs = through_->exchange({}, &claim_).claimed;
  ASSERT_THAT(jobs, SizeIs(3));
  EXPECT_THAT(held_by_worker(), SizeIs(3));
  for (const ClaimedJob& job : jobs) {
    // Claimed, given back, claimed again.
    EXPECT_EQ(job.epoch, Epoch{3});
    EXPECT_EQ(job.attempts, 0);
  }
  EXPECT_THAT(through_->exchange(done(jobs), nullptr).completed, Each(WriteResult::kAccepted));
}

TEST_F(PostgresDoubt, ForbidsAClaimThatArrivesLate) {
  put(3);
  proxy_->delay_next_request("claim");
  const std::vector<ClaimedJob> jobs = through_->exchange({}, &claim_).claimed;
  ASSERT_THAT(jobs, SizeIs(3));
  EXPECT_THAT(through_->exchange(done(jobs), nullptr).completed, Each(WriteResult::kAccepted));
  put(3);
  proxy_->deliver();
  // Nobody would ever have known of these.
  EXPECT_THAT(held_by_worker(), IsEmpty());
}

TEST_F(PostgresDoubt, SurvivesASessionThatIsTerminatedBeforeItsCommit) {
  const std::vector<ClaimedJob> jobs = claim_three();
  put(2);
  int kills = 0;
  // The store's notifier, a thread of its own, passes here as well.
  const std::thread::id caller = std::this_thread::get_id();
  const ArmedTestPoint point("postgres.before_sync", [&] {
    if (std::this_thread::get_id() != caller || kills++ > 0) return;
    run(
        fmt::format("select pg_terminate_backend(pid) from pg_stat_activity where application_name "
                    "= 'stint' and pid <> pg_backend_pid() and query like '%{}%'",
                    schema()));
  });
  const Exchange reply = through_->exchange(done(jobs), &claim_);
  EXPECT_THAT(reply.completed, Each(WriteResult::kAccepted));
  EXPECT_THAT(reply.claimed, SizeIs(2));
  EXPECT_THAT(held_by_worker(), SizeIs(2));
}

TEST_F(PostgresDoubt, SaysThatTheOutcomeIsUnknownWhileTheServerIsAway) {
  const std::vector<ClaimedJob> jobs = claim_three();
  proxy_->lose_next_reply("complete_done");
  {
    // Nor does the server come back at once.
    const ArmedTestPoint point("postgres.after_sync", [&] { proxy_->refuse(true); });
    try {
      static_cast<void>(through_->exchange(done(jobs), &claim_));
      FAIL() << "the exchange answered without a server";
    } catch (const Error& error) {
      EXPECT_TRUE(error.retryable());
      EXPECT_TRUE(error.outcome_unknown());
    }
  }
  proxy_->refuse(false);
  // The caller comes again, as the rules say, and learns the truth.
  EXPECT_THAT(through_->exchange(done(jobs), &claim_).completed, Each(WriteResult::kAccepted));
}

TEST_F(PostgresDoubt, InsertsNothingTwiceWhenAnEnqueueIsRepeated) {
  const std::vector<NewJob> jobs{{.task = "t.run", .idempotency_key = "k"},
                                 {.task = "t.run", .attachments = {"bytes"}},
                                 {.task = "t.run"}};
  proxy_->lose_next_reply("enqueue_mixed");
  const std::vector<Enqueued> enqueued = through_->enqueue(jobs);
  ASSERT_THAT(enqueued, SizeIs(3));
  for (const Enqueued& one : enqueued) EXPECT_TRUE(one.inserted);
  EXPECT_THAT(run("select id from stint.job"), SizeIs(3));
  EXPECT_THAT(run("select id from stint.live"), SizeIs(3));
  EXPECT_THAT(run("select job from stint.attachment"), SizeIs(1));
}

TEST_F(PostgresDoubt, InsertsPlainJobsOnceWhenAnEnqueueIsRepeated) {
  proxy_->lose_next_reply("enqueue");
  const std::vector<Enqueued> enqueued =
      through_->enqueue(std::vector<NewJob>(3, {.task = "t.run"}));
  ASSERT_THAT(enqueued, SizeIs(3));
  EXPECT_THAT(run("select id from stint.job"), SizeIs(3));
  // Those that come late from the net are not inserted either.
  proxy_->delay_next_request("enqueue");
  static_cast<void>(through_->enqueue(std::vector<NewJob>(3, {.task = "t.run"})));
  proxy_->deliver();
  EXPECT_THAT(run("select id from stint.job"), SizeIs(6));
  EXPECT_THAT(run("select id from stint.live"), SizeIs(6));
}

}  // namespace
}  // namespace stint::test
