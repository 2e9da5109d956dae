#include "figures.hpp"
#include <algorithm>
#include <iterator>
#include <utility>
#include "crowded_store.hpp"
#include "library.hpp"
#include "locks.hpp"
#include "postgres/cost.hpp"
#include "postgres/crowd.hpp"
#include "postgres/floor.hpp"
#include "postgres/statements.hpp"
#include "programs.hpp"
#include "slots.hpp"
#include "sqlite/floor.hpp"
#include "sqlite/statements.hpp"

namespace stint::bench {
namespace {

void must_reach(Figure& figure, std::size_t contestant, std::size_t over, double least_ratio) {
  figure.targets.push_back({.contestant = figure.contestants.at(contestant).name,
                            .bound = Bound::kLeastRatio,
                            .limit = least_ratio,
                            .over = figure.contestants.at(over).name});
}

void must_stay_below(Figure& figure, std::size_t contestant, double greatest_p50) {
  figure.targets.push_back(
      {.contestant = figure.contestants.at(contestant).name, .limit = greatest_p50});
}

void must_stay_within(Figure& figure, std::size_t contestant, std::size_t over,
                      double greatest_ratio) {
  figure.targets.push_back({.contestant = figure.contestants.at(contestant).name,
                            .bound = Bound::kGreatestRatio,
                            .limit = greatest_ratio,
                            .over = figure.contestants.at(over).name});
}

std::vector<Figure> sqlite_figures(const Plan& plan, const StorePlace& place) {
  std::vector<Figure> figures{
      {.name = "sqlite/bulk",
       .title = "enqueue in transactions of 1000",
       .contestants = {sqlite_floor_bulk(plan), sqlite_statements_bulk(plan, place),
                       store_bulk(plan, place), client_bulk(plan, place)}},
      {.name = "sqlite/one-by-one",
       .title = "enqueue, a transaction each",
       .contestants = {sqlite_floor_one_by_one(plan), sqlite_statements_one_by_one(plan, place),
                       store_one_by_one(plan, place), client_one_by_one(plan, place)}},
      {.name = "sqlite/drain",
       .title = "claim and complete jobs that do nothing",
       .contestants = {sqlite_floor_drain(plan), sqlite_statements_drain(plan, place),
                       store_drain(plan, place), worker_drain(plan, place, 1),
                       worker_drain(plan, place, 2)}},
      {.name = "sqlite/latency",
       .title = "from commit to start, the worker idle, in one process",
       .unit = Unit::kMilliseconds,
       .contestants = {sqlite_floor_latency(plan), worker_latency(plan, place)}},
  };
  must_reach(figures[0], 3, 0, 0.6);
  must_reach(figures[2], 3, 0, 0.7);
  must_reach(figures[2], 4, 3, 0.9);
  must_stay_below(figures[3], 1, 1.0);
  return figures;
}

std::vector<Figure> postgres_figures(const Plan& plan, const PgSchema& ours,
                                     const StorePlace& place) {
  using enum Commit;
  const PgSchema floor{plan.postgres_url, "floor"};
  std::vector<Figure> figures{
      {.name = "postgres/bulk",
       .title = "enqueue in transactions of 1000",
       .contestants = {postgres_floor_copy(plan, floor), postgres_floor_bulk(plan, floor, kDurable),
                       postgres_floor_bulk(plan, floor, kNotWaitedFor),
                       postgres_statements_bulk(plan, ours), store_bulk(plan, place),
                       client_bulk(plan, place)}},
      {.name = "postgres/one-by-one",
       .title = "enqueue, a transaction each",
       .contestants = {postgres_floor_one_by_one(plan, floor, kDurable),
                       postgres_floor_one_by_one(plan, floor, kNotWaitedFor),
                       postgres_statements_one_by_one(plan, ours), store_one_by_one(plan, place),
                       client_one_by_one(plan, place)}},
      {.name = "postgres/drain",
       .title = "claim and complete jobs that do nothing",
       .contestants = {postgres_floor_drain(plan, floor, 4, kDurable),
                       postgres_floor_drain(plan, floor, 1, kDurable),
                       postgres_floor_drain(plan, floor, 4, kNotWaitedFor),
                       postgres_floor_drain(plan, floor, 1, kNotWaitedFor),
                       postgres_statements_drain(plan, ours, 1),
                       postgres_statements_drain(plan, ours, 4), store_drain(plan, place),
                       worker_drain(plan, place, 1), worker_drain(plan, place, 2),
                       worker_drain_large(plan, place)}},
      {.name = "postgres/latency",
       .title = "from commit to start, the worker idle, in one process",
       .unit = Unit::kMilliseconds,
       .contestants = {postgres_floor_wake(plan, floor), postgres_floor_wake_and_claim(plan, floor),
                       worker_latency(plan, place)}},
      postgres_cost_figure(plan),
  };
  must_reach(figures[0], 5, 0, 0.65);
  must_reach(figures[1], 4, 0, 0.8);
  must_reach(figures[2], 7, 0, 0.75);
  must_reach(figures[2], 7, 5, 0.85);
  must_reach(figures[2], 8, 0, 0.75);
  must_reach(figures[2], 9, 0, 0.55);
  must_stay_within(figures[3], 2, 1, 1.5);
  return figures;
}

}  // namespace

std::vector<Figure> all_figures(const Plan& plan, std::vector<std::string>& notes) {
  const auto add = [](std::vector<Figure>& to, std::vector<Figure> more) {
    std::ranges::move(more, std::back_inserter(to));
  };
  std::vector<NamedPlace> places{{.name = "SQLite", .place = sqlite_place(plan)}};
  std::vector<Figure> figures = sqlite_figures(plan, places[0].place);
  add(figures, slot_figures("sqlite", plan, places[0].place));
  if (plan.crowd > 0) {
    figures.push_back(sqlite_crowd_figure(plan));
  } else {
    notes.emplace_back("work beside a crowd of jobs: --crowd 1000000");
  }
  if (plan.postgres_url.empty()) {
    notes.emplace_back("PostgreSQL: STINT_TEST_POSTGRES is not set (./dev up, source .dev/env)");
  } else {
    const PgSchema ours{plan.postgres_url, "ours"};
    places.push_back({.name = "PostgreSQL", .place = postgres_place(ours)});
    add(figures, postgres_figures(plan, ours, places[1].place));
    add(figures, slot_figures("postgres", plan, places[1].place));
    if (plan.crowd > 0) add(figures, postgres_crowd_figures(plan));
  }
  add(figures, lock_figures(plan, places.size() > 1 ? &places[1].place : nullptr, notes));
  add(figures, program_figures(places, notes));
  return figures;
}

}  // namespace stint::bench
