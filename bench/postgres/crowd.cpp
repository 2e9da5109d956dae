#include "postgres/crowd.hpp"
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "core/store.hpp"
#include "library.hpp"
#include "meter.hpp"
#include "postgres/driver.hpp"
#include "postgres/schema.hpp"
#include "postgres/statements.hpp"
#include "stint/stint.hpp"
#include "worker_process.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kTask = "noop.run";
constexpr int kClaimsOfRound = 200;
constexpr int kJobsOfClaim = 10;
constexpr int kJobsPerSecond = 1000;
constexpr std::chrono::milliseconds kBetweenEnqueues{10};
// More than that waiting at the end says that the worker did not keep up.
constexpr int kMostLeft = 2 * kJobsPerSecond;

// {0} schema, {1} how many. The ids that they take, and their partitions.
constexpr const char* kTakeIds = R"sql(
select {0}.make_partition(number) from generate_series(
  (select last_value / 1000000 from {0}.job_id),
  (select (last_value + {1}) / 1000000 + 1 from {0}.job_id)) as number;
select setval('{0}.job_id', (select last_value + {1} from {0}.job_id));
)sql";

// {2} when they are due, {3} priority, {4} task: filled in first, so braces are doubled once more.
constexpr const char* kQueue = R"sql(
with made as (
  insert into {0}.job (id, created_at, run_at, timeout_ms, priority, max_attempts, flags,
                       has_attachments, domain, task, args)
  select last_value - n, now(), {2}, 0, {3}, 1, 0, false, 'default', '{4}', '{{{{}}}}'
  from {0}.job_id, generate_series(0, {1} - 1) as n
)
insert into {0}.live (id, run_at, priority, state, flags, max_attempts, domain, task, short_args)
select last_value - n, {2}, {3}, 1, 0, 1, 'default', '{4}', '{{{{}}}}'
from {0}.job_id, generate_series(0, {1} - 1) as n;
)sql";

constexpr const char* kFinish = R"sql(
with made as (
  insert into {0}.job (id, created_at, run_at, timeout_ms, priority, max_attempts, flags,
                       has_attachments, domain, task, args)
  select last_value - n, now(), now(), 0, 0, 1, 0, false, 'default', 'noop.run', '{{}}'
  from {0}.job_id, generate_series({1} - 1, 0, -1) as n
)
insert into {0}.finished (id, epoch, run_at, finished_at, started_at, worker, attempts,
                          interruptions, crashes, failures, state, domain)
select last_value - n, 1, now(), now(), now(), 1, 1, 0, 0, 0, 4, 'default'
from {0}.job_id, generate_series({1} - 1, 0, -1) as n;
)sql";

/// A store with a crowd in it, made at first use and kept for all rounds.
class CrowdedStore final {
 public:
  /// `make` is a script with {0} schema and {1} how many; empty: no crowd.
  CrowdedStore(const PgSchema& schema, std::string make, std::int64_t count)
      : schema_(schema), make_(std::move(make)), count_(count) {}

  Store& open() {
    if (store_) return *store_;
    const StorePlace place = postgres_place(schema_);
    place.make_new();
    if (!make_.empty()) {
      PgConnection connection{schema_.url()};
      connection.execute(fmt::format(fmt::runtime(kTakeIds + make_), schema_.name(), count_));
      connection.execute("vacuum analyze");
    }
    store_ = open_store({.url = place.url});
    worker_ = store_->register_worker({.node = "bench", .host = "bench", .boot_id = "bench"});
    return *store_;
  }

  /// Claim and complete until `most` jobs are done; tells how long each exchange took.
  Sample work(int batch, std::int64_t most) {
    const ClaimRequest request{
        .worker = worker_, .node = "bench", .tasks = {kTask}, .limit = batch};
    const Meter meter{schema_.server()};
    std::vector<double> took_ms;
    std::vector<Completion> completions;
    std::int64_t done = 0;
    while (done < most) {
      const auto began_at = Clock::now();
      const Exchange reply = store_->exchange(completions, &request);
      took_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began_at).count());
      done += std::ranges::count(reply.completed, WriteResult::kAccepted);
      if (reply.claimed.empty() && done < most) throw std::runtime_error{"there was no job left"};
      completions.clear();
      for (const ClaimedJob& job : reply.claimed) {
        completions.push_back({.id = job.id, .epoch = job.epoch});
      }
    }
    Sample sample = meter.stop(done);
    sample.values = std::move(took_ms);
    return sample;
  }

 private:
  PgSchema schema_;
  std::string make_;
  std::int64_t count_;
  std::unique_ptr<Store> store_;
  WorkerId worker_{};
};

void enqueue(Store& store, std::int64_t count, int bulk) {
  for (std::int64_t done = 0; done < count; done += bulk) {
    store.enqueue(std::vector<NewJob>(static_cast<std::size_t>(bulk), NewJob{.task = kTask}));
  }
}

Contestant crowd_drain(const Plan& plan, std::string name, std::string make, std::int64_t count) {
  const PgSchema schema{plan.postgres_url, fmt::format("crowd_{}", name.substr(0, 4))};
  auto crowd = std::make_shared<CrowdedStore>(schema, std::move(make), count);
  return {.name = std::move(name), .round = [plan, crowd] {
            Store& store = crowd->open();
            enqueue(store, plan.jobs + plan.bulk, plan.bulk);
            return crowd->work(plan.batch, plan.jobs);
          }};
}

Contestant crowd_claims(const Plan& plan, std::string name, std::string make, std::int64_t count) {
  const PgSchema schema{plan.postgres_url, fmt::format("claim_{}", name.substr(0, 4))};
  auto crowd = std::make_shared<CrowdedStore>(schema, std::move(make), count);
  return {.name = std::move(name), .round = [plan, crowd] {
            Store& store = crowd->open();
            enqueue(store, plan.bulk * 3, plan.bulk);
            return crowd->work(kJobsOfClaim, kClaimsOfRound * kJobsOfClaim);
          }};
}

/// How long each job waited for its start.
class Waits final {
 public:
  void add(Clock::time_point enqueued_at) {
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - enqueued_at).count();
    const std::lock_guard lock{mutex_};
    all_ms_.push_back(ms);
  }
  std::vector<double> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(all_ms_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<double> all_ms_;
};

Waits waits;

STINT_MODULE(steady, m) {
  m.task("mark", [](std::int64_t at) { waits.add(Clock::time_point{Clock::duration{at}}); },
         {arg("at")});
}

// Jobs come at a steady rate and a worker executes them.
Sample work_at_a_steady_rate(const PgSchema& schema, double seconds) {
  const Settings settings = settings_for(postgres_place(schema).url);
  Worker worker{settings, {steady}};
  Client client{settings, {steady}};
  worker.start();
  waits.take();
  const Meter meter{schema.server()};
  constexpr auto kBatch =
      static_cast<std::size_t>(kJobsPerSecond * kBetweenEnqueues.count() / 1000);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>{seconds});
  std::int64_t enqueued = 0;
  for (auto at = Clock::now(); at < end; at += kBetweenEnqueues) {
    std::this_thread::sleep_until(at);
    const json args{{"at", Clock::now().time_since_epoch().count()}};
    client.enqueue("steady.mark", std::vector<json>(kBatch, args));
    enqueued += static_cast<std::int64_t>(kBatch);
  }
  std::vector<double> waited_ms = waits.take();
  const std::int64_t left = enqueued - std::ssize(waited_ms);
  Sample sample = meter.stop(std::ssize(waited_ms));
  sample.values = std::move(waited_ms);
  worker.stop();
  if (left > kMostLeft) throw std::runtime_error{fmt::format("{} jobs are left over", left)};
  return sample;
}

Contestant steady_work(const Plan& plan, bool holds) {
  const PgSchema schema{plan.postgres_url, holds ? "held" : "free"};
  return {.name = holds ? fmt::format("a transaction held open for {:g} s", plan.held_seconds)
                        : "no transaction held open",
          .round = [plan, schema, holds] {
            postgres_place(schema).make_new();
            PgConnection holder{schema.url()};
            if (holds) {
              holder.execute("begin isolation level repeatable read");
              holder.query_number(fmt::format("select count(*) from {}.live", schema.name()));
            }
            return work_at_a_steady_rate(schema, plan.held_seconds);
          }};
}

std::string queue_script(const char* due, int priority, const char* task) {
  return fmt::format(fmt::runtime(kQueue), "{0}", "{1}", due, priority, task);
}

}  // namespace

std::vector<Figure> postgres_crowd_figures(const Plan& plan) {
  const auto count = static_cast<std::int64_t>(plan.crowd);
  std::vector<Figure> figures{
      {.name = "postgres/crowd-drain",
       .title = fmt::format("Store::exchange of {} beside many jobs", plan.batch),
       .contestants = {crowd_drain(plan, "small queue", "", 0),
                       crowd_drain(plan, fmt::format("wait: {} more are waiting", count),
                                   queue_script("now()", 0, kTask), count),
                       crowd_drain(plan, fmt::format("done: {} have finished", 10 * count), kFinish,
                                   10 * count)}},
      {.name = "postgres/crowd-claim",
       .title = fmt::format("complete {0} and claim {0} beside many jobs", kJobsOfClaim),
       .unit = Unit::kMilliseconds,
       .contestants = {crowd_claims(plan, "small queue", "", 0),
                       crowd_claims(plan, fmt::format("later: {} scheduled, more urgent", count),
                                    queue_script("now() + interval '1 day'", 9, kTask), count),
                       crowd_claims(plan, fmt::format("none: {} of a task nobody has", count),
                                    queue_script("now() - interval '1 hour'", 0, "nobody.has"),
                                    count)}},
      {.name = "postgres/crowd-held",
       .title = fmt::format("from enqueue to start at {} jobs/s", kJobsPerSecond),
       .unit = Unit::kMilliseconds,
       .contestants = {steady_work(plan, false), steady_work(plan, true)}},
  };
  const auto bound = [](Figure& figure, std::size_t contestant, Bound what, double limit) {
    figure.targets.push_back({.contestant = figure.contestants.at(contestant).name,
                              .bound = what,
                              .limit = limit,
                              .over = figure.contestants.front().name});
  };
  for (const std::size_t contestant : {1U, 2U}) {
    bound(figures[0], contestant, Bound::kLeastRatio, 0.9);
    bound(figures[1], contestant, Bound::kGreatestRatio, 1.2);
  }
  return figures;
}

}  // namespace stint::bench
