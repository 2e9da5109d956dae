#include "crowded_store.hpp"
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "core/store.hpp"
#include "meter.hpp"
#include "sqlite/statements.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kTask = "noop.run";
constexpr std::int64_t kClaimsOfRound = 200;
constexpr int kJobsOfClaim = 10;

WorkerId register_worker(Store& store) {
  return store.register_worker({.node = "bench", .host = "bench", .boot_id = "bench"});
}

/// Claim and complete until `most` jobs are done; tells how long each exchange took.
std::vector<double> work(Store& store, WorkerId worker, int batch, std::int64_t most) {
  const ClaimRequest request{.worker = worker, .node = "bench", .tasks = {kTask}, .limit = batch};
  std::vector<double> took_ms;
  std::vector<Completion> completions;
  std::int64_t done = 0;
  while (done < most) {
    const auto began_at = Clock::now();
    const Exchange reply = store.exchange(completions, &request);
    took_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began_at).count());
    done += std::ranges::count(reply.completed, WriteResult::kAccepted);
    if (reply.claimed.empty() && done < most) throw std::runtime_error{"there was no job left"};
    completions.clear();
    for (const ClaimedJob& job : reply.claimed) {
      completions.push_back({.id = job.id, .epoch = job.epoch});
    }
  }
  return took_ms;
}

/// A store with a crowd in it.
class CrowdedStore final {
 public:
  CrowdedStore(StorePlace place, MakeCrowd make)
      : place_(std::move(place)), make_(std::move(make)) {}

  Store& open() {
    if (store_) return *store_;
    place_.make_new();
    if (make_) make_();
    store_ = open_store({.url = place_.url});
    worker_ = register_worker(*store_);
    return *store_;
  }

  Sample measure(int batch, std::int64_t most) {
    const Meter meter{place_.server};
    std::vector<double> took_ms = work(*store_, worker_, batch, most);
    Sample sample = meter.stop(most);
    sample.values = std::move(took_ms);
    return sample;
  }

 private:
  StorePlace place_;
  MakeCrowd make_;
  std::unique_ptr<Store> store_;
  WorkerId worker_{};
};

}  // namespace

void add_waiting(Store& store, std::int64_t count, int bulk) {
  for (std::int64_t done = 0; done < count; done += bulk) {
    store.enqueue(std::vector<NewJob>(static_cast<std::size_t>(bulk), NewJob{.task = kTask}));
  }
}

void add_finished(Store& store, std::int64_t count, int bulk) {
  add_waiting(store, count, bulk);
  const WorkerId worker = register_worker(store);
  constexpr int kBatch = 1000;
  work(store, worker, kBatch, count);
  store.retire_worker(worker);
}

std::string waiting_name(std::int64_t count) {
  return fmt::format("wait: {} more are waiting", count);
}

std::string finished_name(std::int64_t count) {
  return fmt::format("done: {} have finished", count);
}

Contestant crowd_drain(const Plan& plan, const StorePlace& place, std::string name,
                       MakeCrowd make) {
  auto crowd = std::make_shared<CrowdedStore>(place, std::move(make));
  return {.name = std::move(name), .round = [plan, crowd] {
            add_waiting(crowd->open(), std::int64_t{plan.jobs} + plan.bulk, plan.bulk);
            return crowd->measure(plan.batch, plan.jobs);
          }};
}

Contestant crowd_claims(const Plan& plan, const StorePlace& place, std::string name,
                        MakeCrowd make) {
  auto crowd = std::make_shared<CrowdedStore>(place, std::move(make));
  return {.name = std::move(name), .round = [plan, crowd] {
            add_waiting(crowd->open(), std::int64_t{3} * plan.bulk, plan.bulk);
            return crowd->measure(kJobsOfClaim, kClaimsOfRound * kJobsOfClaim);
          }};
}

Figure sqlite_crowd_figure(const Plan& plan) {
  // A file of its own for each, kept from round to round.
  const auto place_named = [&plan](const char* name) {
    Plan own = plan;
    own.folder /= name;
    std::filesystem::create_directories(own.folder);
    return sqlite_place(own);
  };
  const auto made = [&plan](const StorePlace& place, auto add, std::int64_t count) {
    return [url = place.url, add, count, bulk = plan.bulk] {
      add(*open_store({.url = url}), count, bulk);
    };
  };
  const auto count = static_cast<std::int64_t>(plan.crowd);
  const StorePlace tenth = place_named("crowd-tenth");
  const StorePlace all = place_named("crowd-all");
  const StorePlace done = place_named("crowd-done");
  return {
      .name = "sqlite/crowd-drain",
      .title = fmt::format("Store::exchange of {} beside many jobs", plan.batch),
      .contestants = {
          crowd_drain(plan, place_named("crowd-none"), "small queue", {}),
          crowd_drain(plan, tenth, waiting_name(count / 10), made(tenth, add_waiting, count / 10)),
          crowd_drain(plan, all, waiting_name(count), made(all, add_waiting, count)),
          crowd_drain(plan, done, finished_name(count), made(done, add_finished, count))}};
}

}  // namespace stint::bench
