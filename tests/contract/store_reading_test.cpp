#include <algorithm>
#include "core/worker_counts.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreReading : public StoreContract {};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreReading);

// One job in each state that the API can bring about.
class StoreFilters : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    done_ = finish(Outcome::kDone);
    failed_ = finish(Outcome::kFailed);
    aborted_ = finish(Outcome::kAborted);
    aborting_ = put_and_claim().id;
    store().abort(aborting_, "stop");
    running_ = put_and_claim().id;
    scheduled_ = put({.task = "t.run", .delay = hours{1}});
    queued_ = put();
  }

  JobId finish(Outcome outcome) {
    const ClaimedJob job = put_and_claim();
    complete(job, outcome);
    return job.id;
  }

  std::vector<JobId> list(std::vector<JobState> states) {
    return ids_of(store().list_jobs({.states = std::move(states)}));
  }

  JobId done_, failed_, aborted_, aborting_, running_, scheduled_, queued_;
};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreFilters);

TEST_P(StoreFilters, ListEverythingNewestFirst) {
  EXPECT_THAT(list({}),
              ElementsAre(queued_, scheduled_, running_, aborting_, aborted_, failed_, done_));
}

TEST_P(StoreFilters, FindStoredStates) {
  EXPECT_THAT(list({JobState::kQueued}), ElementsAre(queued_, scheduled_));
  EXPECT_THAT(list({JobState::kRunning}), ElementsAre(running_, aborting_));
  EXPECT_THAT(list({JobState::kGated}), IsEmpty());
  EXPECT_THAT(list({JobState::kDone}), ElementsAre(done_));
  EXPECT_THAT(list({JobState::kFailed}), ElementsAre(failed_));
  EXPECT_THAT(list({JobState::kAborted}), ElementsAre(aborted_));
}

TEST_P(StoreFilters, FindDerivedStates) {
  EXPECT_THAT(list({JobState::kScheduled}), ElementsAre(scheduled_));
  EXPECT_THAT(list({JobState::kAborting}), ElementsAre(aborting_));
  EXPECT_THAT(list({JobState::kBlocked}), IsEmpty());
}

TEST_P(StoreFilters, FindSeveralStates) {
  EXPECT_THAT(list({JobState::kDone, JobState::kRunning}), ElementsAre(running_, aborting_, done_));
  EXPECT_THAT(list({JobState::kAborting, JobState::kFailed}), ElementsAre(aborting_, failed_));
}

TEST_P(StoreFilters, TellStatesApart) {
  const std::vector<JobId> ids{queued_,  scheduled_, running_, aborting_,
                               aborted_, failed_,    done_,    JobId{987'654'321}};
  EXPECT_THAT(
      store().job_states(ids),
      ElementsAre(JobState::kQueued, JobState::kScheduled, JobState::kRunning, JobState::kAborting,
                  JobState::kAborted, JobState::kFailed, JobState::kDone, std::nullopt));
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
    EXPECT_EQ(find(ids[i]).state, store().job_states(ids)[i]);
  }
}

TEST_P(StoreFilters, AnswerForTheSameIdTwice) {
  const std::vector<JobId> ids{done_, queued_, done_};
  EXPECT_THAT(store().job_states(ids),
              ElementsAre(JobState::kDone, JobState::kQueued, JobState::kDone));
  EXPECT_THAT(store().job_states({}), IsEmpty());
}

TEST_P(StoreFilters, GoOnFromPageToPage) {
  JobFilter filter{.limit = 3};
  EXPECT_THAT(ids_of(store().list_jobs(filter)), ElementsAre(queued_, scheduled_, running_));
  filter.before = running_;
  EXPECT_THAT(ids_of(store().list_jobs(filter)), ElementsAre(aborting_, aborted_, failed_));
  filter.before = failed_;
  EXPECT_THAT(ids_of(store().list_jobs(filter)), ElementsAre(done_));
  filter.before = done_;
  EXPECT_THAT(store().list_jobs(filter), IsEmpty());
}

TEST_P(StoreFilters, CountStatesByDomain) {
  put({.task = "t.run", .domain = "mail"});
  const StoreStatus status = store().status();
  const auto count = [&](const std::string& domain, JobState state) {
    std::int64_t jobs = 0;
    for (const StoreStatus::Count& one : status.counts) {
      if (one.domain == domain && one.state == state) jobs += one.jobs;
    }
    return jobs;
  };
  for (const JobState state :
       {JobState::kQueued, JobState::kScheduled, JobState::kRunning, JobState::kAborting,
        JobState::kDone, JobState::kFailed, JobState::kAborted}) {
    EXPECT_EQ(count("default", state), 1) << static_cast<int>(state);
  }
  EXPECT_EQ(count("mail", JobState::kQueued), 1);
  EXPECT_EQ(status.counts.size(), 8U);
}

TEST_P(StoreReading, FiltersByTaskDomainAndTag) {
  const JobId a = put({.task = "t.run", .domain = "mail", .tags = {"red", "blue"}});
  const JobId b = put({.task = "t.other", .domain = "mail", .tags = {"blue"}});
  const JobId c = put({.task = "t.run", .tags = {"blueish"}});
  const JobId d = put({.task = "t.run", .tags = {"red"}});
  ASSERT_EQ(complete(claim(request(worker(), 1)).at(0)), WriteResult::kAccepted);
  EXPECT_THAT(ids_of(store().list_jobs({.task = "t.run"})), ElementsAre(d, c, a));
  EXPECT_THAT(ids_of(store().list_jobs({.domain = "mail"})), ElementsAre(b, a));
  EXPECT_THAT(ids_of(store().list_jobs({.tag = "blue"})), ElementsAre(b, a));
  EXPECT_THAT(ids_of(store().list_jobs({.tag = "blueish"})), ElementsAre(c));
  EXPECT_THAT(ids_of(store().list_jobs({.task = "t.run", .domain = "mail", .tag = "red"})),
              ElementsAre(a));
  EXPECT_THAT(store().list_jobs({.task = "t.none"}), IsEmpty());
  EXPECT_THAT(store().list_jobs({.tag = "re"}), IsEmpty());
}

TEST_P(StoreReading, FiltersByAge) {
  const JobId old = put();
  advance(minutes{10});
  const JobId young = put();
  advance(minutes{10});
  EXPECT_THAT(ids_of(store().list_jobs({.created_within = minutes{15}})), ElementsAre(young));
  EXPECT_THAT(ids_of(store().list_jobs({.created_within = minutes{25}})), ElementsAre(young, old));
  EXPECT_THAT(store().list_jobs({.created_within = minutes{5}}), IsEmpty());
}

TEST_P(StoreReading, ShowsARecordTheSameInAListAndAlone) {
  const JobId id = put({.task = "t.run",
                        .domain = "mail",
                        .node = "n1",
                        .priority = 4,
                        .max_attempts = 2,
                        .timeout = seconds{5},
                        .tags = {"x"}});
  const JobRecord listed = store().list_jobs({.domain = "mail"}).at(0);
  const JobRecord found = find(id);
  EXPECT_EQ(listed.id, found.id);
  EXPECT_EQ(listed.node, "n1");
  EXPECT_EQ(listed.priority, 4);
  EXPECT_EQ(listed.max_attempts, 2);
  EXPECT_EQ(listed.timeout, seconds{5});
  EXPECT_EQ(listed.tags, found.tags);
  EXPECT_EQ(listed.created_at, found.created_at);
}

TEST_P(StoreReading, KeepsAllOfARecordOnceItHasEnded) {
  const JobId id = put({.task = "t.run",
                        .args = R"({"a":1})",
                        .node = "n1",
                        .priority = 4,
                        .max_attempts = 2,
                        .timeout = seconds{5},
                        .metadata = R"({"m":1})",
                        .tags = {"x", "y"},
                        .idempotency_key = "k"});
  const StoreTime created = now();
  advance(seconds{3});
  complete(claim_one());
  const JobRecord job = find(id);
  EXPECT_EQ(job.task, "t.run");
  EXPECT_TRUE(same_json(job.args, R"({"a":1})"));
  EXPECT_EQ(job.node, "n1");
  EXPECT_EQ(job.priority, 4);
  EXPECT_EQ(job.max_attempts, 2);
  EXPECT_EQ(job.timeout, seconds{5});
  EXPECT_TRUE(same_json(job.metadata, R"({"m":1})"));
  EXPECT_THAT(job.tags, ElementsAre("x", "y"));
  EXPECT_EQ(job.idempotency_key, "k");
  EXPECT_EQ(job.created_at, created);
  EXPECT_EQ(job.run_at, created);
}

TEST_P(StoreReading, NumbersTheLinesOfAJobsLog) {
  ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 3});
  const ClaimedJob other = put_and_claim();
  const StoreTime at = now() - seconds{5} + microseconds{3};
  const std::vector<NewLogLine> first{
      {.job = job.id,
       .epoch = job.epoch,
       .attempt = 1,
       .level = LogLevel::kWarning,
       .at = at,
       .text = "one \U0001F600 'quoted'"},
      {.job = other.id, .epoch = other.epoch, .at = at, .text = "elsewhere"},
      {.job = job.id,
       .epoch = job.epoch,
       .attempt = 1,
       .source = LogSource::kError,
       .at = at,
       .text = "two"}};
  store().append_log(first);
  complete({.id = job.id, .epoch = job.epoch, .outcome = Outcome::kFailed});
  job = claim_one();
  const NewLogLine third{.job = job.id,
                         .epoch = job.epoch,
                         .attempt = 2,
                         .source = LogSource::kOutput,
                         .at = now(),
                         .text = "three"};
  store().append_log({&third, 1});
  const std::vector<JobLogLine> log = store().read_log(job.id, 1, 100);
  ASSERT_THAT(log, SizeIs(3));
  EXPECT_EQ(log[0].number, 1);
  EXPECT_EQ(log[0].attempt, 1);
  EXPECT_EQ(log[0].level, LogLevel::kWarning);
  EXPECT_EQ(log[0].source, LogSource::kLog);
  EXPECT_EQ(log[0].at, at);
  EXPECT_EQ(log[0].text, "one \U0001F600 'quoted'");
  EXPECT_EQ(log[1].number, 2);
  EXPECT_EQ(log[1].source, LogSource::kError);
  EXPECT_EQ(log[1].text, "two");
  EXPECT_EQ(log[2].number, 3);
  EXPECT_EQ(log[2].attempt, 2);
  EXPECT_EQ(log[2].source, LogSource::kOutput);
  EXPECT_EQ(log[2].text, "three");
  EXPECT_THAT(store().read_log(other.id, 1, 100), SizeIs(1));
}

TEST_P(StoreReading, ReadsALogFromALineOn) {
  const ClaimedJob job = put_and_claim();
  std::vector<NewLogLine> lines;
  for (int i = 1; i <= 10; ++i) {
    lines.push_back({.job = job.id, .epoch = job.epoch, .at = now(), .text = std::to_string(i)});
  }
  store().append_log(lines);
  const std::vector<JobLogLine> some = store().read_log(job.id, 4, 3);
  ASSERT_THAT(some, SizeIs(3));
  EXPECT_EQ(some.front().text, "4");
  EXPECT_EQ(some.back().text, "6");
  EXPECT_THAT(store().read_log(job.id, 11, 3), IsEmpty());
}

TEST_P(StoreReading, TakesLogLinesThatComeJustAfterTheEnd) {
  const ClaimedJob job = put_and_claim();
  complete(job);
  const NewLogLine line{.job = job.id, .epoch = job.epoch, .at = now(), .text = "the last words"};
  store().append_log({&line, 1});
  EXPECT_THAT(store().read_log(job.id, 1, 10), SizeIs(1));
}

TEST_P(StoreReading, KnowsTheTasksThatWereRegistered) {
  EXPECT_THAT(store().list_tasks(), IsEmpty());
  const std::vector<TaskRecord> tasks{
      {.name = "t.two", .specification = R"({"doc":"2"})", .registered_at = {}},
      {.name = "t.one", .specification = R"({"doc":"1"})", .registered_at = {}}};
  store().register_tasks(tasks);
  advance(seconds{1});
  const TaskRecord changed{
      .name = "t.two", .specification = R"({"doc":"new"})", .registered_at = {}};
  store().register_tasks({&changed, 1});
  const std::vector<TaskRecord> known = store().list_tasks();
  ASSERT_THAT(known, SizeIs(2));
  EXPECT_EQ(known[0].name, "t.one");
  EXPECT_EQ(known[1].name, "t.two");
  EXPECT_TRUE(same_json(known[1].specification, R"({"doc":"new"})"));
  EXPECT_EQ(known[1].registered_at, now());
}

TEST_P(StoreReading, DescribesItself) {
  const StoreStatus status = store().status();
  EXPECT_EQ(status.backend, place().backend().name);
  EXPECT_NE(status.location, "");
  EXPECT_EQ(status.schema_version, place().open_schema()->newest_version());
  EXPECT_EQ(status.newest_schema_version, status.schema_version);
  EXPECT_THAT(status.counts, IsEmpty());
  EXPECT_EQ(status.longest_due(), std::nullopt);
  EXPECT_THAT(status.oldest_due, IsEmpty());
  EXPECT_FALSE(status.is_ended_estimated);
  EXPECT_EQ(status.workers.alive + status.workers.stopped + status.workers.dead, 0);
  EXPECT_EQ(status.now, now());
}

TEST_P(StoreReading, TellsSinceWhenTheLongestDueJobWaits) {
  put({.task = "t.run", .delay = hours{1}});
  EXPECT_EQ(store().status().longest_due(), std::nullopt);
  put({.task = "t.run", .priority = 5});
  const StoreTime oldest = now() - minutes{3};
  put({.task = "t.run", .domain = "mail", .run_at = oldest});
  put({.task = "t.run", .domain = "mail", .priority = 9, .run_at = now() - minutes{1}});
  put({.task = "t.run", .domain = "idle", .delay = hours{1}});
  const StoreStatus status = store().status();
  EXPECT_EQ(status.longest_due(), oldest);
  ASSERT_THAT(status.oldest_due, SizeIs(2));
  EXPECT_EQ(status.oldest_due[0].domain, "default");
  EXPECT_EQ(status.oldest_due[0].since, now());
  EXPECT_EQ(status.oldest_due[1].domain, "mail");
  EXPECT_EQ(status.oldest_due[1].since, oldest);
}

TEST_P(StoreReading, CountsItsWorkers) {
  worker();
  store().retire_worker(new_worker());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(rescue(new_worker(), std::nullopt).was_dead);
  const StoreStatus::Workers workers = store().status().workers;
  EXPECT_EQ(workers.alive, 1);
  EXPECT_EQ(workers.stopped, 1);
  EXPECT_EQ(workers.dead, 2);
}

TEST_P(StoreFilters, FindTheSameHoweverFewAreLookedAtInAPage) {
  const std::vector<std::vector<JobState>> many{{},
                                                {JobState::kQueued},
                                                {JobState::kScheduled},
                                                {JobState::kRunning, JobState::kDone},
                                                {JobState::kDone},
                                                {JobState::kFailed, JobState::kAborted},
                                                {JobState::kDone, JobState::kFailed}};
  for (const std::vector<JobState>& states : many) {
    EXPECT_EQ(ids_of(store().list_jobs({.states = states, .most_looked_at = 1})), list(states));
    EXPECT_EQ(ids_of(store().list_jobs({.states = states, .task = "t.run", .most_looked_at = 2})),
              list(states));
    EXPECT_THAT(store().list_jobs({.states = states, .task = "t.none", .most_looked_at = 2}),
                IsEmpty());
  }
}

TEST_P(StoreFilters, EndAPageOnceEnoughWereLookedAt) {
  JobFilter filter{.task = "t.none", .most_looked_at = 2};
  JobPage page = store().list_page(filter);
  EXPECT_THAT(page.jobs, IsEmpty());
  EXPECT_EQ(page.next, scheduled_);
  int pages = 1;
  for (; page.next; ++pages) {
    filter.before = *page.next;
    page = store().list_page(filter);
    EXPECT_THAT(page.jobs, IsEmpty());
  }
  EXPECT_GE(pages, 4);
}

TEST_P(StoreFilters, TellWhereTheNextPageBegins) {
  const JobPage page = store().list_page({.limit = 2});
  EXPECT_THAT(ids_of(page.jobs), ElementsAre(queued_, scheduled_));
  EXPECT_EQ(page.next, scheduled_);
  EXPECT_EQ(store().list_page({.limit = 100}).next, std::nullopt);
}

TEST_P(StoreReading, TellsWhatWasEnqueuedWithinTheLastMinute) {
  EXPECT_EQ(store().status().recent.enqueued_per_second, 0);
  put_many(12);
  advance(seconds{40});
  put_many(6);
  EXPECT_DOUBLE_EQ(store().status().recent.enqueued_per_second, 18 / 60.0);
  advance(seconds{30});
  EXPECT_DOUBLE_EQ(store().status().recent.enqueued_per_second, 6 / 60.0);
  advance(seconds{31});
  EXPECT_EQ(store().status().recent.enqueued_per_second, 0);
}

TEST_P(StoreReading, AddsUpWhatWorkersTellWithTheirBeats) {
  WorkerCounts counts{.window = seconds{60}, .claimed = 120, .ended = 60, .fenced_total = 3};
  counts.run.buckets[2] = 60;
  const WorkerId leaving = new_worker();
  ASSERT_TRUE(store().beat(worker(), to_json(counts)));
  ASSERT_TRUE(store().beat(leaving, to_json(counts)));
  StoreStatus::Recent recent = store().status().recent;
  EXPECT_DOUBLE_EQ(recent.claimed_per_second, 4);
  EXPECT_DOUBLE_EQ(recent.completed_per_second, 2);
  EXPECT_EQ(recent.fenced_total, 6);
  EXPECT_EQ(recent.run.count(), 120);
  store().retire_worker(leaving);
  advance(seconds{90});
  ASSERT_TRUE(store().beat(worker())) << "a program that tells nothing";
  recent = store().status().recent;
  EXPECT_DOUBLE_EQ(recent.completed_per_second, 1) << "the other has been gone for long";
  EXPECT_EQ(recent.fenced_total, 6);
}

class StoreRetention : public StoreContract {};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreRetention);

TEST_P(StoreRetention, RemovesWhatEndedLongAgo) {
  const ClaimedJob old = put_and_claim({.task = "t.run", .attachments = {"bytes"}});
  const NewLogLine line{.job = old.id, .epoch = old.epoch, .at = now(), .text = "x"};
  store().append_log({&line, 1});
  complete({.id = old.id,
            .epoch = old.epoch,
            .outcome = Outcome::kFailed,
            .cause = "error",
            .attachments = {"out"}});
  advance(hours{23});
  const ClaimedJob young = put_and_claim();
  complete(young);
  advance(hours{1} + seconds{1});
  EXPECT_EQ(store().purge_jobs({}), 1);
  EXPECT_EQ(store().find_job(old.id), std::nullopt);
  EXPECT_THAT(store().list_attempts(old.id), IsEmpty());
  EXPECT_THAT(store().read_log(old.id, 1, 10), IsEmpty());
  EXPECT_THAT(store().load_attachments(old.id, Store::Attachments::kArguments), IsEmpty());
  EXPECT_THAT(store().load_attachments(old.id, Store::Attachments::kOutput), IsEmpty());
  EXPECT_THAT(store().job_states({&old.id, 1}), ElementsAre(std::nullopt));
  EXPECT_EQ(find(young.id).state, JobState::kDone);
  EXPECT_EQ(store().purge_jobs({}), 0);
}

TEST_P(StoreRetention, RemovesEveryKindOfEnd) {
  complete(put_and_claim());
  complete(put_and_claim(), Outcome::kFailed);
  complete(put_and_claim(), Outcome::kAborted);
  store().abort(put(), "");
  advance(hours{25});
  EXPECT_EQ(store().purge_jobs({}), 4);
  EXPECT_THAT(store().list_jobs({}), IsEmpty());
}

TEST_P(StoreRetention, LeavesWhatHasNotEnded) {
  put({.task = "t.other", .delay = hours{100}});
  put_and_claim();
  put();
  advance(hours{90});
  EXPECT_EQ(store().purge_jobs({}), 0);
  EXPECT_EQ(store().list_jobs({}).size(), 3U);
}

TEST_P(StoreRetention, RemovesWaitingJobsOnlyWhenAsked) {
  const ClaimedJob running = put_and_claim();
  put({.task = "t.run", .delay = hours{100}, .idempotency_key = "k"});
  put();
  advance(hours{30});
  const JobId young = put();
  EXPECT_EQ(store().purge_jobs({.queued = true}), 2);
  EXPECT_THAT(ids_of(store().list_jobs({})), ElementsAre(young, running.id));
  EXPECT_EQ(complete(running), WriteResult::kAccepted);
  EXPECT_THAT(ids_of(claim()), ElementsAre(young));
  const NewJob again{.task = "t.run", .idempotency_key = "k"};
  EXPECT_TRUE(store().enqueue({&again, 1}).at(0).inserted);
}

TEST_P(StoreRetention, StaysWithinADomain) {
  complete(put_and_claim());
  const JobId mail = put({.task = "t.run", .domain = "mail"});
  store().abort(mail, "");
  put({.task = "t.run", .domain = "mail"});
  put();
  advance(hours{25});
  EXPECT_EQ(store().purge_jobs({.domain = "mail", .queued = true}), 2);
  EXPECT_THAT(store().list_jobs({.domain = "mail"}), IsEmpty());
  EXPECT_THAT(store().list_jobs({}), SizeIs(2));
}

TEST_P(StoreRetention, RemovesNoMoreThanTheLimitInOneCall) {
  for (const JobId id : put_many(25)) store().abort(id, "");
  advance(hours{25});
  EXPECT_EQ(store().purge_jobs({.limit = 10}), 10);
  EXPECT_EQ(store().purge_jobs({.limit = 10}), 10);
  EXPECT_EQ(store().purge_jobs({.limit = 10}), 5);
  EXPECT_EQ(store().purge_jobs({.limit = 10}), 0);
}

}  // namespace
}  // namespace stint::test
