#include "core/queue_checks.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

const StoreTime kCheckedAt = StoreTime{} + hours{500'000};

LiveWorker live_worker() {
  LiveWorker worker{.record = {}, .tasks = {{"mail.send"}}};
  worker.record.id = WorkerId{1};
  worker.record.info = {.node = "n1", .host = "h1", .pid = 5, .slots = 2, .domains = "default"};
  worker.record.beat_at = kCheckedAt;
  return worker;
}

WaitingJobs waiting(std::string task, milliseconds since, std::string node = {}) {
  return {.domain = "default",
          .task = std::move(task),
          .node = std::move(node),
          .jobs = 3,
          .since = kCheckedAt - since};
}

ClockReading reading(milliseconds took, milliseconds ahead) {
  return {
      .asked_at = kCheckedAt, .answered_at = kCheckedAt + took, .store_time = kCheckedAt + ahead};
}

TEST(ClockSkew, IsBoundedByTheQuickestRoundTrips) {
  const ClockSkew skew = skew_of(std::vector{reading(milliseconds{100}, milliseconds{60}),
                                             reading(milliseconds{20}, milliseconds{10})});
  EXPECT_EQ(skew.least, milliseconds{-10});
  EXPECT_EQ(skew.most, milliseconds{10});
}

TEST(CheckClock, BlamesNoClockForASlowNet) {
  // Three seconds ahead at the most, but the answer took as long.
  const ClockSkew skew = skew_of(std::vector{reading(seconds{3}, seconds{3})});
  EXPECT_EQ(check_clock(skew).status, HealthStatus::kOk);
}

TEST(CheckClock, TellsClocksThatDiffer) {
  const auto ahead = check_clock(skew_of(std::vector{reading(milliseconds{2}, seconds{2})}));
  EXPECT_EQ(ahead.status, HealthStatus::kWarning);
  EXPECT_THAT(ahead.value, HasSubstr("1.999 s ahead"));
  const auto behind = check_clock(skew_of(std::vector{reading(milliseconds{2}, -hours{1})}));
  EXPECT_EQ(behind.status, HealthStatus::kProblem);
  EXPECT_THAT(behind.value, HasSubstr("behind"));
}

TEST(CheckSchema, KnowsWhatEachVersionMeans) {
  const auto status = [](const SchemaLook& look, std::string_view backend = "postgresql") {
    return check_schema(look, backend).status;
  };
  EXPECT_EQ(status({.version = 7, .newest = 7}), HealthStatus::kOk);
  EXPECT_EQ(status({.version = 0, .newest = 7}), HealthStatus::kProblem);
  EXPECT_EQ(status({.version = 6, .newest = 7}), HealthStatus::kProblem);
  EXPECT_EQ(status({.version = 6, .newest = 7}, "sqlite"), HealthStatus::kOk);
  EXPECT_EQ(status({.version = 8, .newest = 7}), HealthStatus::kProblem);
  EXPECT_EQ(status({.version = 8, .newest = 7, .takes_this_program = true}),
            HealthStatus::kWarning);
}

TEST(CheckStranded, FindsJobsThatNobodyCanTake) {
  const std::vector<LiveWorker> workers{live_worker()};
  QueueLook queue{.now = kCheckedAt, .waiting = {waiting("mail.send", minutes{1})}};
  EXPECT_EQ(check_stranded(queue, workers).status, HealthStatus::kOk);
  queue.waiting.push_back(waiting("mail.read", minutes{1}));
  queue.waiting.push_back(waiting("mail.send", minutes{1}, "n2"));
  const HealthCheck check = check_stranded(queue, workers);
  EXPECT_EQ(check.status, HealthStatus::kProblem);
  EXPECT_THAT(check.value, HasSubstr("6 due jobs: 3 jobs of mail.read (domain default); 3 jobs of "
                                     "mail.send (domain default, node n2)"));
  EXPECT_THAT(check_stranded(queue, {}).meaning, HasSubstr("no worker is alive"));
}

TEST(CheckQueueAge, WarnsOfALongWait) {
  QueueLook queue{.now = kCheckedAt, .waiting = {waiting("a.b", minutes{9})}};
  EXPECT_EQ(check_queue_age(queue).status, HealthStatus::kOk);
  queue.waiting.push_back(waiting("a.c", minutes{11}));
  EXPECT_EQ(check_queue_age(queue).status, HealthStatus::kWarning);
  EXPECT_THAT(check_queue_age(queue).value, HasSubstr("default 11m"));
}

TEST(CheckWorkers, NamesThoseThatAreSilent) {
  std::vector<LiveWorker> workers{live_worker(), live_worker()};
  const auto check = [&] { return check_workers(workers, {.alive = 2}, kCheckedAt, seconds{30}); };
  EXPECT_EQ(check().status, HealthStatus::kOk);
  workers[0].record.beat_at = kCheckedAt - seconds{31};
  EXPECT_EQ(check().status, HealthStatus::kWarning);
  EXPECT_THAT(check().value, HasSubstr("silent for more than 30s: worker 1 (process 5 on h1)"));
  workers[1].record.beat_at = kCheckedAt - seconds{31};
  EXPECT_THAT(check().advice, HasSubstr("start a worker"));
}

TEST(CheckFailedShare, WeighsTheLastHour) {
  QueueLook queue{.now = kCheckedAt, .waiting = {}, .done = 17, .failed = 2};
  EXPECT_EQ(check_failed_share(queue).status, HealthStatus::kOk) << "too few to tell";
  queue.done = 18;
  queue.often_failed = "timeout";
  EXPECT_EQ(check_failed_share(queue).status, HealthStatus::kWarning);
  EXPECT_THAT(check_failed_share(queue).value,
              HasSubstr("2 of 20 jobs within the last hour, most by"));
  queue.failed = 18;
  EXPECT_EQ(check_failed_share(queue).status, HealthStatus::kProblem);
}

}  // namespace
}  // namespace stint
