#include "core/explain_job.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"

namespace stint {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const StoreTime kExplainedAt = StoreTime{} + hours{500'000};

ExplainFacts facts_of(JobState state) {
  ExplainFacts facts{.job = {}, .now = kExplainedAt};
  facts.job.id = JobId{7};
  facts.job.task = "mail.send";
  facts.job.state = state;
  facts.job.domain = "default";
  facts.job.created_at = kExplainedAt - minutes{5};
  facts.job.run_at = kExplainedAt - minutes{5};
  facts.known_tasks = {"mail.send"};
  return facts;
}

LiveWorker live_worker(std::int64_t id, std::vector<std::string> tasks = {"mail.send"}) {
  LiveWorker worker{.record = {}, .tasks = std::move(tasks)};
  worker.record.id = WorkerId{id};
  worker.record.info = {.node = "n1", .host = "h1", .pid = 100, .slots = 2, .domains = "default"};
  worker.record.beat_at = kExplainedAt - seconds{3};
  return worker;
}

/// Held by worker 3, which is also alive.
ExplainFacts held_facts(JobState state) {
  ExplainFacts facts = facts_of(state);
  facts.job.worker = WorkerId{3};
  facts.job.attempts = 1;
  facts.job.started_at = kExplainedAt - seconds{90};
  facts.workers = {live_worker(3)};
  facts.holder = facts.workers.front().record;
  return facts;
}

AttemptRecord attempt(int number, std::string cause, std::string error = {}) {
  AttemptRecord record;
  record.attempt = number;
  record.cause = std::move(cause);
  record.error = std::move(error);
  return record;
}

std::vector<std::string> codes_of(const ExplainFacts& facts) {
  std::vector<std::string> codes;
  for (const Reason& reason : explain_job(facts)) {
    codes.push_back(reason.code);
    EXPECT_TRUE(json::parse(reason.facts).is_object()) << reason.facts;
    EXPECT_THAT(reason.text, Not(HasSubstr("{}")));
    EXPECT_FALSE(reason.text.empty() || reason.text.ends_with('.')) << reason.text;
  }
  return codes;
}

std::string first_text(const ExplainFacts& facts) { return explain_job(facts).front().text; }

TEST(ExplainJob, SaysHowAJobEnded) {
  ExplainFacts facts = facts_of(JobState::kDone);
  facts.job.finished_at = kExplainedAt - seconds{20};
  EXPECT_THAT(codes_of(facts), ElementsAre("done"));
  EXPECT_THAT(first_text(facts), HasSubstr("20s ago"));

  facts.job.state = JobState::kFailed;
  facts.job.cause = "error";
  facts.job.error = R"({"message": "no such host"})";
  facts.job.attempts = 3;
  EXPECT_THAT(codes_of(facts), ElementsAre("failed"));
  EXPECT_THAT(first_text(facts), HasSubstr("(error) after 3 attempts: no such host"));

  facts.job.state = JobState::kAborted;
  facts.job.attempts = 0;
  facts.job.error = R"({"message": "not wanted"})";
  EXPECT_THAT(codes_of(facts), ElementsAre("aborted"));
  EXPECT_THAT(first_text(facts), HasSubstr("before it began: not wanted"));
}

TEST(ExplainJob, SaysThatACrashLimitIsNotToBeRetriedBlindly) {
  ExplainFacts facts = facts_of(JobState::kFailed);
  facts.job.cause = "crash limit";
  EXPECT_THAT(explain_job(facts).front().advice, HasSubstr("crash in the task"));
}

TEST(ExplainJob, SaysWhereItRunsAndUntilWhen) {
  ExplainFacts facts = held_facts(JobState::kRunning);
  facts.job.timeout = minutes{2};
  facts.job.progress = 0.5;
  facts.job.progress_message = "half";
  EXPECT_THAT(codes_of(facts), ElementsAre("running"));
  EXPECT_THAT(first_text(facts),
              HasSubstr("worker 3 (process 100 on h1) began attempt 1 of it 1m30s"));
  EXPECT_THAT(first_text(facts), HasSubstr("at 50 % (half)"));
  EXPECT_THAT(first_text(facts), HasSubstr("its timeout comes in 30s"));
  facts.job.timeout = minutes{1};
  EXPECT_THAT(first_text(facts), HasSubstr("its timeout has passed 30s ago"));
}

TEST(ExplainJob, TellsClaimedFromBegun) {
  ExplainFacts facts = held_facts(JobState::kRunning);
  facts.job.started_at.reset();
  EXPECT_THAT(codes_of(facts), ElementsAre("claimed"));
}

TEST(ExplainJob, SaysThatAnAbortIsAskedFor) {
  ExplainFacts facts = held_facts(JobState::kAborting);
  facts.place = JobPlace{
      .now = kExplainedAt, .abort_message = "stop it", .abort_at = kExplainedAt - seconds{4}};
  EXPECT_THAT(codes_of(facts), ElementsAre("abort_asked", "running"));
  EXPECT_THAT(first_text(facts), HasSubstr("4s ago: stop it"));
}

TEST(ExplainJob, SaysWhoRescuesTheJobOfASilentWorker) {
  ExplainFacts facts = held_facts(JobState::kRunning);
  facts.holder->beat_at = kExplainedAt - seconds{25};
  facts.workers.front().record.beat_at = facts.holder->beat_at;
  EXPECT_THAT(codes_of(facts), ElementsAre("worker_silent", "running"));
  EXPECT_THAT(first_text(facts), HasSubstr("no other worker is there that could rescue"));
  facts.workers.push_back(live_worker(4, {}));
  EXPECT_THAT(first_text(facts), HasSubstr("another worker rescues the job"));
  facts.holder->beat_at = kExplainedAt - seconds{15};
  EXPECT_THAT(codes_of(facts), ElementsAre("running")) << "one beat may be late";
}

TEST(ExplainJob, SaysThatItsWorkerIsGone) {
  ExplainFacts facts = held_facts(JobState::kRunning);
  facts.holder->state = WorkerState::kDead;
  EXPECT_THAT(codes_of(facts), ElementsAre("worker_gone", "running"));
}

TEST(ExplainJob, TellsScheduledFromWaitingForARetry) {
  ExplainFacts facts = facts_of(JobState::kScheduled);
  facts.workers = {live_worker(1)};
  facts.job.run_at = kExplainedAt + minutes{90};
  EXPECT_THAT(codes_of(facts), ElementsAre("scheduled"));
  EXPECT_THAT(first_text(facts), HasSubstr("in 1h30m"));

  facts.job.failures = 1;
  facts.job.max_attempts = 3;
  facts.attempts = {attempt(1, "error", R"({"message": "refused"})")};
  EXPECT_THAT(codes_of(facts), ElementsAre("waits_for_retry"));
  EXPECT_THAT(first_text(facts), HasSubstr("attempt 1 failed (error): refused; failure 1 of 3"));

  facts.attempts.push_back(attempt(2, "crash"));
  facts.job.crashes = 1;
  EXPECT_THAT(codes_of(facts), ElementsAre("waits_after_crash"));
}

TEST(ExplainJob, SaysThatNobodyWillTakeWhatIsScheduled) {
  ExplainFacts facts = facts_of(JobState::kScheduled);
  facts.job.run_at = kExplainedAt + minutes{1};
  EXPECT_THAT(codes_of(facts), ElementsAre("scheduled", "no_workers"));
}

TEST(ExplainJob, NamesWhatNoWorkerHas) {
  ExplainFacts facts = facts_of(JobState::kQueued);
  EXPECT_THAT(codes_of(facts), ElementsAre("no_workers"));

  facts.workers = {live_worker(1)};
  facts.workers.front().record.info.domains = "mail=4,bulk";
  EXPECT_THAT(codes_of(facts), ElementsAre("no_worker_serves_domain"));
  EXPECT_THAT(first_text(facts), HasSubstr("mail=4,bulk"));

  facts.workers = {live_worker(1)};
  facts.job.node = "n2";
  EXPECT_THAT(codes_of(facts), ElementsAre("no_worker_on_node"));

  facts.job.node = "n1";
  facts.workers = {live_worker(1, {"other.task"})};
  EXPECT_THAT(codes_of(facts), ElementsAre("no_worker_has_task"));
}

TEST(ExplainJob, SaysWhichWorkerHasTheTaskInVain) {
  ExplainFacts facts = facts_of(JobState::kQueued);
  facts.workers = {live_worker(1, {"other.task"}), live_worker(2)};
  facts.workers.back().record.info.domains = "mail";
  EXPECT_THAT(first_text(facts),
              HasSubstr("worker 2 (process 100 on h1) has the task, but serves mail"));
}

TEST(ExplainJob, NamesTheNearestOfTheRegisteredTasks) {
  ExplainFacts facts = facts_of(JobState::kQueued);
  facts.job.task = "mail.sent";
  facts.workers = {live_worker(1)};
  EXPECT_THAT(codes_of(facts), ElementsAre("no_worker_has_task", "task_not_registered"));
  EXPECT_THAT(explain_job(facts).back().text, HasSubstr("did you mean \"mail.send\"?"));
}

TEST(ExplainJob, SaysThatTheStoreGivesNoTransactions) {
  ExplainFacts facts = facts_of(JobState::kQueued);
  facts.needs_transaction = true;
  facts.has_transactions = false;
  EXPECT_THAT(codes_of(facts), ElementsAre("needs_transaction", "no_workers"));
}

TEST(ExplainJob, DoesNotAccuseAWorkerThatHasNotTold) {
  ExplainFacts facts = facts_of(JobState::kQueued);
  facts.workers = {live_worker(1)};
  facts.workers.front().tasks.reset();
  EXPECT_THAT(codes_of(facts), ElementsAre("next"));
  EXPECT_THAT(first_text(facts), HasSubstr("no live worker has told yet"));
}

TEST(ExplainJob, SaysWhichWorkersAreInTheWayOfOneThatRunsAlone) {
  ExplainFacts facts = facts_of(JobState::kQueued);
  facts.job.crashes = 2;
  facts.place = JobPlace{.now = kExplainedAt, .lone_crashes = 1, .most = 100};
  facts.workers = {live_worker(1), live_worker(2)};
  facts.workers[0].record.running = 1;
  EXPECT_THAT(first_text(facts), HasSubstr("it crashed 2 times (1 of 3 while it ran alone)"));
  EXPECT_THAT(first_text(facts), Not(HasSubstr("every worker")));
  facts.workers[1].record.running = 1;
  EXPECT_THAT(first_text(facts),
              HasSubstr("every worker that could take it has other jobs: worker 1"));
}

TEST(ExplainJob, CountsWhoComesFirst) {
  ExplainFacts facts = facts_of(JobState::kQueued);
  facts.workers = {live_worker(1)};
  facts.workers.front().record.running = 2;
  facts.place = JobPlace{.now = kExplainedAt, .higher = 10, .older = 20, .most = 100};
  facts.completed_per_second = 2;
  EXPECT_THAT(codes_of(facts), ElementsAre("workers_busy", "others_first"));
  EXPECT_THAT(first_text(facts), HasSubstr("all 2 slots of the one live worker"));
  const std::string others = explain_job(facts).back().text;
  EXPECT_THAT(others, HasSubstr("30 due jobs of its domain come before it: 10 of higher priority"));
  EXPECT_THAT(others, HasSubstr("its turn comes in about 15s"));
  facts.place->older = 100;
  EXPECT_THAT(explain_job(facts).back().text, HasSubstr("at least 110 due jobs"));
}

TEST(ExplainJob, SaysThatNothingIsInItsWay) {
  ExplainFacts facts = facts_of(JobState::kQueued);
  facts.workers = {live_worker(1)};
  facts.place = JobPlace{.now = kExplainedAt, .most = 100};
  EXPECT_THAT(codes_of(facts), ElementsAre("next"));
}

TEST(ExplainJob, PrintsTheMaskOfAGate) {
  ExplainFacts facts = facts_of(JobState::kBlocked);
  facts.workers = {live_worker(1)};
  facts.place = JobPlace{.now = kExplainedAt, .gate = 5};
  EXPECT_THAT(codes_of(facts), ElementsAre("gated"));
  EXPECT_THAT(first_text(facts), HasSubstr("mask 5"));
}

TEST(ServesDomain, ReadsSharesByName) {
  EXPECT_TRUE(serves_domain("bulk=2, mail=10", "mail"));
  EXPECT_TRUE(serves_domain("default", "default"));
  EXPECT_FALSE(serves_domain("mailing", "mail"));
  EXPECT_FALSE(serves_domain("", "mail"));
}

}  // namespace
}  // namespace stint
