#include <algorithm>
#include <limits>
#include <set>
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StoreEnqueue : public StoreContract {};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreEnqueue);

TEST_P(StoreEnqueue, KeepsAllThatWasAskedFor) {
  const StoreTime later = now() + hours{3} + microseconds{7};
  const JobId id = put({.task = "t.run",
                        .args = R"({"name":"Moon"})",
                        .domain = "mail",
                        .node = "n7",
                        .priority = -12,
                        .run_at = later,
                        .max_attempts = 5,
                        .timeout = seconds{90},
                        .flags = {JobFlags::kExclusive},
                        .metadata = R"({"by":"me"})",
                        .tags = {"red", "green"},
                        .idempotency_key = "k1"});
  const JobRecord job = find(id);
  EXPECT_EQ(job.id, id);
  EXPECT_EQ(job.task, "t.run");
  EXPECT_EQ(job.state, JobState::kScheduled);
  EXPECT_EQ(job.domain, "mail");
  EXPECT_EQ(job.node, "n7");
  EXPECT_EQ(job.priority, -12);
  EXPECT_TRUE(same_json(job.args, R"({"name":"Moon"})")) << job.args;
  EXPECT_TRUE(same_json(job.metadata, R"({"by":"me"})")) << job.metadata;
  EXPECT_THAT(job.tags, ElementsAre("red", "green"));
  EXPECT_EQ(job.idempotency_key, "k1");
  EXPECT_EQ(job.max_attempts, 5);
  EXPECT_EQ(job.timeout, seconds{90});
  EXPECT_EQ(job.created_at, now());
  EXPECT_EQ(job.run_at, later);
}

TEST_P(StoreEnqueue, StartsAJobWithNothingBehindIt) {
  const JobRecord job = find(put());
  EXPECT_EQ(job.state, JobState::kQueued);
  EXPECT_EQ(job.domain, "default");
  EXPECT_EQ(job.node, "");
  EXPECT_EQ(job.metadata, "");
  EXPECT_THAT(job.tags, IsEmpty());
  EXPECT_EQ(job.idempotency_key, "");
  EXPECT_EQ(job.attempts, 0);
  EXPECT_EQ(job.failures, 0);
  EXPECT_EQ(job.crashes, 0);
  EXPECT_EQ(job.interruptions, 0);
  EXPECT_EQ(job.epoch, Epoch{0});
  EXPECT_EQ(job.run_at, now());
  EXPECT_EQ(job.started_at, std::nullopt);
  EXPECT_EQ(job.finished_at, std::nullopt);
  EXPECT_FALSE(job.worker);
  EXPECT_EQ(job.progress, std::nullopt);
  EXPECT_EQ(job.cause, "");
  EXPECT_EQ(job.error, "");
  EXPECT_EQ(job.output, "");
}

TEST_P(StoreEnqueue, CountsTheDelayFromNow) {
  const JobRecord job = find(put({.task = "t.run", .delay = milliseconds{1500}}));
  EXPECT_EQ(job.run_at, now() + milliseconds{1500});
  EXPECT_EQ(job.state, JobState::kScheduled);
}

TEST_P(StoreEnqueue, GivesGrowingPositiveIds) {
  const std::vector<JobId> first = put_many(3);
  const std::vector<JobId> second = put_many(2500);
  EXPECT_GT(first[0].value, 0);
  EXPECT_LT(first[0], first[1]);
  EXPECT_LT(first[1], first[2]);
  EXPECT_LT(first[2], second[0]);
  EXPECT_EQ(std::set<JobId>(second.begin(), second.end()).size(), 2500U);
  EXPECT_TRUE(std::ranges::is_sorted(second));
}

TEST_P(StoreEnqueue, TakesNothingWell) { EXPECT_THAT(store().enqueue({}), IsEmpty()); }

TEST_P(StoreEnqueue, NeverUsesAnIdTwice) {
  const JobId removed = put({.task = "t.run", .run_at = now() - hours{48}});
  advance(seconds{1});
  ASSERT_EQ(store().purge_jobs({.older_than = milliseconds{0}, .queued = true}), 1);
  EXPECT_GT(put(), removed);
}

TEST_P(StoreEnqueue, ReturnsTheJobOfAKnownKey) {
  const JobId id = put({.task = "t.run", .idempotency_key = "order 7"});
  const std::vector<NewJob> again{{.task = "t.other", .idempotency_key = "order 7"},
                                  {.task = "t.other", .idempotency_key = "order 8"}};
  const std::vector<Enqueued> enqueued = store().enqueue(again);
  ASSERT_EQ(enqueued.size(), 2U);
  EXPECT_EQ(enqueued[0].id, id);
  EXPECT_FALSE(enqueued[0].inserted);
  EXPECT_NE(enqueued[1].id, id);
  EXPECT_TRUE(enqueued[1].inserted);
  EXPECT_EQ(find(id).task, "t.run");
  EXPECT_EQ(store().list_jobs({}).size(), 2U);
}

TEST_P(StoreEnqueue, FindsAKeyTwiceInOneCall) {
  const std::vector<NewJob> jobs{{.task = "t.run", .idempotency_key = "same"},
                                 {.task = "t.run"},
                                 {.task = "t.run", .idempotency_key = "same"}};
  const std::vector<Enqueued> enqueued = store().enqueue(jobs);
  ASSERT_EQ(enqueued.size(), 3U);
  EXPECT_TRUE(enqueued[0].inserted);
  EXPECT_TRUE(enqueued[1].inserted);
  EXPECT_FALSE(enqueued[2].inserted);
  EXPECT_EQ(enqueued[2].id, enqueued[0].id);
  EXPECT_EQ(store().list_jobs({}).size(), 2U);
}

TEST_P(StoreEnqueue, KeepsAKeyWhileItsJobIsStored) {
  const ClaimedJob job = put_and_claim({.task = "t.run", .idempotency_key = "k"});
  complete(job);
  EXPECT_EQ(put({.task = "t.run", .idempotency_key = "k"}), job.id);
  advance(hours{25});
  ASSERT_EQ(store().purge_jobs({}), 1);
  EXPECT_NE(put({.task = "t.run", .idempotency_key = "k"}), job.id);
}

TEST_P(StoreEnqueue, KeepsBytesOutOfLine) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  const std::string large(3'000'000, '\xfe');
  const JobId id = put({.task = "t.run", .attachments = {all_bytes, "", large}});
  const JobId without = put({.task = "t.other"});
  EXPECT_THAT(store().load_attachments(id, Store::Attachments::kArguments),
              ElementsAre(all_bytes, "", large));
  EXPECT_THAT(store().load_attachments(id, Store::Attachments::kOutput), IsEmpty());
  EXPECT_THAT(store().load_attachments(without, Store::Attachments::kArguments), IsEmpty());
  const std::vector<ClaimedJob> claimed = claim();
  ASSERT_EQ(claimed.size(), 2U);
  EXPECT_TRUE(claimed[0].has_attachments);
  EXPECT_FALSE(claimed[1].has_attachments);
}

TEST_P(StoreEnqueue, TakesTextAsItIs) {
  const std::vector<std::string> texts{"it's",
                                       "\"quoted\"",
                                       "a\\b",
                                       "%s :x $1 ?1 {}",
                                       "'; drop table job; --",
                                       "\U0001F600 \u00e9\u4e2d",
                                       "line\nend\ttab"};
  for (const std::string& text : texts) {
    const JobId id =
        put({.task = "t.run", .domain = text, .tags = {text, "x"}, .idempotency_key = text});
    const JobRecord job = find(id);
    EXPECT_EQ(job.domain, text);
    EXPECT_THAT(job.tags, ElementsAre(text, "x"));
    EXPECT_EQ(job.idempotency_key, text);
    JobFilter filter{.domain = text};
    EXPECT_THAT(ids_of(store().list_jobs(filter)), ElementsAre(id));
    filter = {.tag = text};
    EXPECT_THAT(ids_of(store().list_jobs(filter)), ElementsAre(id));
    ClaimRequest claim_request = request(worker());
    claim_request.domain = text;
    EXPECT_THAT(ids_of(claim(claim_request)), ElementsAre(id));
  }
}

TEST_P(StoreEnqueue, KeepsArgumentsOfAMegabyte) {
  const std::string args = R"({"text":")" + std::string(1 << 20, 'x') + "\U0001F600\"}";
  const JobId id = put({.task = "t.run", .args = args});
  EXPECT_TRUE(same_json(find(id).args, args));
  EXPECT_TRUE(same_json(claim_one().args, args));
}

TEST_P(StoreEnqueue, KeepsNumbersOfJsonExact) {
  const std::string args = R"({"n":9007199254740993})";
  const JobId id = put({.task = "t.run", .args = args});
  EXPECT_TRUE(same_json(find(id).args, args)) << find(id).args;
}

TEST_P(StoreEnqueue, KnowsNothingOfAJobThatIsNotStored) {
  for (const std::int64_t id : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-5},
                                std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(store().find_job(JobId{id}), std::nullopt);
    EXPECT_THAT(store().list_attempts(JobId{id}), IsEmpty());
    EXPECT_THAT(store().read_log(JobId{id}, 1, 10), IsEmpty());
    EXPECT_THAT(store().load_attachments(JobId{id}, Store::Attachments::kOutput), IsEmpty());
    EXPECT_EQ(store().abort(JobId{id}, "no"), std::nullopt);
  }
}

TEST_P(StoreEnqueue, ShowsWhatAnotherStoreObjectWrote) {
  Store& other = open_another();
  const JobId id = put();
  ASSERT_TRUE(other.find_job(id).has_value());
  const NewJob job{.task = "t.other"};
  const JobId second = other.enqueue({&job, 1}).at(0).id;
  EXPECT_EQ(find(second).task, "t.other");
}

}  // namespace
}  // namespace stint::test
