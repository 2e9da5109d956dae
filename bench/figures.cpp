#include "figures.hpp"
#include "postgres/floor.hpp"
#include "sqlite/floor.hpp"

namespace stint::bench {

std::vector<Figure> sqlite_figures(const Plan& plan) {
  return {
      {.name = "sqlite/bulk",
       .title = "enqueue in transactions of 1000",
       .contestants = {sqlite_floor_bulk(plan)}},
      {.name = "sqlite/one-by-one",
       .title = "enqueue, a transaction each",
       .contestants = {sqlite_floor_one_by_one(plan)}},
      {.name = "sqlite/drain",
       .title = "claim and complete jobs that do nothing",
       .contestants = {sqlite_floor_drain(plan)}},
      {.name = "sqlite/latency",
       .title = "from commit to start, the worker idle, in one process",
       .unit = Unit::kMilliseconds,
       .contestants = {sqlite_floor_latency(plan)}},
  };
}

std::vector<Figure> postgres_figures(const Plan& plan) {
  const PgSchema floor{plan.postgres_url, "floor"};
  return {
      {.name = "postgres/bulk",
       .title = "enqueue in transactions of 1000",
       .contestants = {postgres_floor_copy(plan, floor),
                       postgres_floor_bulk(plan, floor, Commit::kDurable),
                       postgres_floor_bulk(plan, floor, Commit::kNotWaitedFor)}},
      {.name = "postgres/one-by-one",
       .title = "enqueue, a transaction each",
       .contestants = {postgres_floor_one_by_one(plan, floor, Commit::kDurable),
                       postgres_floor_one_by_one(plan, floor, Commit::kNotWaitedFor)}},
      {.name = "postgres/drain",
       .title = "claim and complete jobs that do nothing",
       .contestants = {postgres_floor_drain(plan, floor, 4, Commit::kDurable),
                       postgres_floor_drain(plan, floor, 1, Commit::kDurable),
                       postgres_floor_drain(plan, floor, 4, Commit::kNotWaitedFor),
                       postgres_floor_drain(plan, floor, 1, Commit::kNotWaitedFor)}},
      {.name = "postgres/latency",
       .title = "from commit to start, the worker idle",
       .unit = Unit::kMilliseconds,
       .contestants = {postgres_floor_wake(plan, floor),
                       postgres_floor_wake_and_claim(plan, floor)}},
  };
}

}  // namespace stint::bench
