#include "postgres/cost.hpp"
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "library.hpp"
#include "postgres/driver.hpp"
#include "postgres/schema.hpp"
#include "postgres/statements.hpp"

namespace stint::bench {
namespace {

// The server gathers what its sessions count once a second, and when they end.
constexpr std::chrono::milliseconds kGathering{1200};

// {0} is the schema.
constexpr std::array<std::pair<const char*, const char*>, 3> kCounters{{
    {"commits", "select xact_commit from pg_stat_database where datname = current_database()"},
    {"bytes of WAL", "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"},
    {"row versions",
     "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint"
     " from pg_stat_user_tables where schemaname = '{0}'"},
}};

using Counts = std::array<double, kCounters.size()>;

Counts read_counts(const PgSchema& schema) {
  std::this_thread::sleep_for(kGathering);
  PgConnection connection{schema.url()};
  Counts counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts.at(i) = static_cast<double>(
        connection.query_number(fmt::format(fmt::runtime(kCounters.at(i).second), schema.name())));
  }
  return counts;
}

/// The work of one contestant of another figure, and what it cost for each job.
struct Work {
  Contestant contestant;
  std::int64_t filled;  ///< jobs that its round enqueues before what it measures
  Counts each{};
};

void run(Work& work, const Counts& enqueuing, const PgSchema& schema) {
  const Counts before = read_counts(schema);
  // Its tables are new, so what it makes of them is in the counts: some hundredths of a job's.
  const Sample sample = work.contestant.round();
  const Counts after = read_counts(schema);
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool is_of_tables = kCounters.at(i).first == std::string{"row versions"};
    const double from = is_of_tables ? 0 : before.at(i);
    const double filled = enqueuing.at(i) * static_cast<double>(work.filled);
    work.each.at(i) = (after.at(i) - from - filled) / static_cast<double>(sample.jobs);
  }
}

}  // namespace

Figure postgres_cost_figure(const Plan& plan) {
  const PgSchema schema{plan.postgres_url, "cost"};
  const StorePlace place = postgres_place(schema);
  const auto works = std::make_shared<std::vector<Work>>();
  works->push_back({store_bulk(plan, place), 0});
  works->push_back({store_one_by_one(plan, place), 0});
  works->push_back({worker_drain(plan, place, 1), plan.jobs});
  Figure figure{.name = "postgres/cost",
                .title = "what the server does for each job, its tables made anew",
                .unit = Unit::kCount};
  for (std::size_t i = 0; i < works->size(); ++i) {
    for (std::size_t counter = 0; counter < kCounters.size(); ++counter) {
      figure.contestants.push_back(
          {.name = fmt::format("{}: {}", works->at(i).contestant.name, kCounters.at(counter).first),
           .round = [works, schema, i, counter] {
             // One run serves all counters.
             if (counter == 0) run(works->at(i), works->front().each, schema);
             return Sample{.values = {works->at(i).each.at(counter)}};
           }});
    }
  }
  return figure;
}

}  // namespace stint::bench
