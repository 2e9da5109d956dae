#include "app/store_checks.hpp"
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>
#include "app/backends.hpp"
#include "app/explain_facts.hpp"
#include "base/url.hpp"
#include "core/queue_checks.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr int kMostLookedAt = 100'000;
constexpr int kClockReadings = 5;

using SystemClock = std::chrono::system_clock;

void add(std::vector<HealthCheck>& to, std::vector<HealthCheck> checks) {
  to.insert(to.end(), std::make_move_iterator(checks.begin()),
            std::make_move_iterator(checks.end()));
}

void add_clock(std::vector<HealthCheck>& checks, StoreInspector& inspector) {
  std::vector<ClockReading> readings;
  for (int i = 0; i < kClockReadings; ++i) {
    const auto asked_at = SystemClock::now();
    const auto time = inspector.read_clock();
    if (!time) {
      checks.push_back(
          {.name = "clock",
           .value = "the store has this machine's clock",
           .meaning = "times of logs and of `--at` mean the same here and in the store"});
      return;
    }
    readings.push_back(
        {.asked_at = asked_at, .answered_at = SystemClock::now(), .store_time = *time});
  }
  checks.push_back(check_clock(skew_of(readings)));
}

void add_queue(std::vector<HealthCheck>& checks, StoreInspector& inspector, const std::string& url,
               const Settings& settings) {
  const std::unique_ptr<Store> store = open_store({.url = url});
  const QueueLook queue = inspector.look_at_queue(kMostLookedAt);
  const std::vector<LiveWorker> workers = live_workers(*store, &inspector);
  StoreStatus::Workers known{.alive = std::ssize(workers)};
  for (const WorkerRecord& worker : store->list_workers(/*alive_only=*/false)) {
    if (worker.state == WorkerState::kStopped) ++known.stopped;
    if (worker.state == WorkerState::kDead) ++known.dead;
  }
  checks.push_back(check_workers(workers, known, queue.now,
                                 settings.get<std::chrono::nanoseconds>("worker.lease")));
  checks.push_back(check_stranded(queue, workers));
  checks.push_back(check_queue_age(queue));
  checks.push_back(check_failed_share(queue));
}

HealthCheck failed_look(const Error& error, const std::string& url) {
  return {.name = "store",
          .status = HealthStatus::kProblem,
          .value = redacted(url),
          .meaning = error.what(),
          .advice = error.code() == ErrorCode::kUnavailable
                        ? "see that it runs and can be reached from here, and ask again"
                        : "mend the URL or the store that it names"};
}

}  // namespace

StoreChecks check_store(const std::string& url, const Settings& settings, InspectDepth depth) {
  StoreChecks result;
  try {
    const std::unique_ptr<StoreInspector> inspector = open_inspector(url);
    if (!inspector) {
      result.checks.push_back({.name = "store",
                               .status = HealthStatus::kUnknown,
                               .value = redacted(url),
                               .meaning = "a store of this kind has nothing to look at from here"});
      return result;
    }
    const SchemaLook schema = inspector->look_at_schema();
    result.checks.push_back({.name = "store", .value = redacted(url), .meaning = "it answers"});
    result.checks.push_back(check_schema(schema, backend_name(url)));
    add_clock(result.checks, *inspector);
    add(result.checks, inspector->check_place(depth));
    if (schema.is_usable()) add_queue(result.checks, *inspector, url, settings);
  } catch (const Error& error) {
    result.is_reachable = error.code() != ErrorCode::kUnavailable;
    std::erase_if(result.checks, [](const HealthCheck& check) { return check.name == "store"; });
    result.checks.insert(result.checks.begin(), failed_look(error, url));
  }
  return result;
}

}  // namespace stint
