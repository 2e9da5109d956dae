#include "postgres/crowd.hpp"
#include <chrono>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <fmt/format.h>
#include "crowded_store.hpp"
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

// Written by the server itself: millions of jobs in seconds.
MakeCrowd crowd_of(const PgSchema& schema, const std::string& script, std::int64_t count) {
  return [schema, script, count] {
    PgConnection connection{schema.url()};
    connection.execute(fmt::format(fmt::runtime(kTakeIds + script), schema.name(), count));
    connection.execute("vacuum analyze");
  };
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
  const auto schema = [&plan](const char* name) { return PgSchema{plan.postgres_url, name}; };
  const auto drain = [&](const char* place, std::string name, const std::string& script,
                         std::int64_t jobs) {
    const PgSchema own = schema(place);
    return crowd_drain(plan, postgres_place(own), std::move(name), crowd_of(own, script, jobs));
  };
  const auto claims = [&](const char* place, std::string name, const std::string& script) {
    const PgSchema own = schema(place);
    return crowd_claims(plan, postgres_place(own), std::move(name), crowd_of(own, script, count));
  };
  const std::string waiting = queue_script("now()", 0, kTask);
  std::vector<Figure> figures{
      {.name = "postgres/crowd-drain",
       .title = fmt::format("Store::exchange of {} beside many jobs", plan.batch),
       .contestants = {crowd_drain(plan, postgres_place(schema("drain_none")), "small queue", {}),
                       drain("drain_tenth", waiting_name(count / 10), waiting, count / 10),
                       drain("drain_wait", waiting_name(count), waiting, count),
                       drain("drain_done", finished_name(count), kFinish, count),
                       drain("drain_tens", finished_name(10 * count), kFinish, 10 * count)}},
      {.name = "postgres/crowd-claim",
       .title = "complete 10 and claim 10 beside many jobs",
       .unit = Unit::kMilliseconds,
       .contestants = {crowd_claims(plan, postgres_place(schema("claim_none")), "small queue", {}),
                       claims("claim_later", fmt::format("later: {} scheduled, more urgent", count),
                              queue_script("now() + interval '1 day'", 9, kTask)),
                       claims("claim_nobody", fmt::format("none: {} of a task nobody has", count),
                              queue_script("now() - interval '1 hour'", 0, "nobody.has"))}},
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
  for (const std::size_t contestant : {1U, 2U, 3U, 4U}) {
    bound(figures[0], contestant, Bound::kLeastRatio, 0.9);
  }
  for (const std::size_t contestant : {1U, 2U}) {
    bound(figures[1], contestant, Bound::kGreatestRatio, 1.2);
  }
  return figures;
}

}  // namespace stint::bench
