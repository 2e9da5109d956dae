#include "app/worker_metric_values.hpp"
#include <algorithm>
#include <chrono>
#include <utility>
#include "base/duration.hpp"

namespace stint {
namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;

Metric gauge(std::string name, double value, Tags tags = {}) {
  return {.name = std::move(name), .value = value, .tags = std::move(tags)};
}

// Totals since the start of the worker.
std::vector<Metric> totals_of(const WorkerMetrics& metrics) {
  const auto total = [](std::string name, std::int64_t value, Tags tags = {}) {
    return Metric{.name = std::move(name),
                  .value = static_cast<double>(value),
                  .tags = std::move(tags),
                  .kind = MetricKind::kCounter};
  };
  std::vector<Metric> totals{
      total("stint_worker_claimed_total", metrics.claimed.value()),
      total("stint_worker_begun_total", metrics.begun()),
      total("stint_worker_fenced_total", metrics.fenced.value()),
      total("stint_worker_exchange_failures_total", metrics.exchange_failures.value())};
  for (std::size_t i = 0; i < kAttemptEndNames.size(); ++i) {
    totals.push_back(total("stint_worker_ended_total", metrics.ended(static_cast<AttemptEnd>(i)),
                           {{"outcome", std::string{kAttemptEndNames.at(i)}}}));
  }
  for (const auto& [name, histogram] : {std::pair{"stint_worker_wait_seconds", &metrics.wait},
                                        {"stint_worker_run_seconds", &metrics.run},
                                        {"stint_worker_exchange_seconds", &metrics.exchange}}) {
    const HistogramSnapshot snapshot = histogram->snapshot();
    totals.push_back(total(std::string{name} + "_count", snapshot.count()));
    totals.push_back(total(std::string{name} + "_sum", 0));
    totals.back().value = in_seconds(snapshot.sum);
  }
  return totals;
}

}  // namespace

std::vector<Metric> WorkerMetricValues::take(const WorkerView& worker) {
  std::vector<Metric> metrics = totals_of(worker.metrics);
  for (Metric& metric : metrics) {
    const std::string key = metric.name + (metric.tags.empty() ? "" : metric.tags.front().second);
    const double former = std::exchange(former_[key], metric.value);
    metric.value -= former;
  }
  metrics.push_back(gauge("stint_worker_ready", worker.is_ready ? 1 : 0));
  metrics.push_back(gauge("stint_worker_slots", worker.slots));
  metrics.push_back(gauge("stint_worker_slots_running", worker.running));
  metrics.push_back(gauge("stint_worker_slots_free", std::max(worker.slots - worker.running, 0)));
  for (Metric& metric : metrics) {
    metric.tags.emplace_back("node", node_);
    metric.tags.emplace_back("worker", std::to_string(worker.id.value));
  }
  return metrics;
}

std::vector<Metric> store_metric_values(const StoreStatus& status) {
  constexpr std::size_t kOthers = 7;  // of the workers and of the last minute
  std::vector<Metric> metrics;
  metrics.reserve(status.counts.size() + status.oldest_due.size() + kOthers);
  for (const StoreStatus::Count& one : status.counts) {
    metrics.push_back(
        gauge("stint_store_jobs", static_cast<double>(one.jobs),
              {{"domain", one.domain}, {"state", std::string{to_string(one.state)}}}));
  }
  for (const StoreStatus::Due& one : status.oldest_due) {
    metrics.push_back(gauge("stint_store_oldest_due_age_seconds",
                            in_seconds(status.now - one.since), {{"domain", one.domain}}));
  }
  const StoreStatus::Workers& workers = status.workers;
  for (const auto& [state, count] :
       {std::pair{"alive", workers.alive}, {"stopped", workers.stopped}, {"dead", workers.dead}}) {
    metrics.push_back(gauge("stint_store_workers", static_cast<double>(count), {{"state", state}}));
  }
  const StoreStatus::Recent& recent = status.recent;
  metrics.push_back(gauge("stint_store_enqueued_per_second", recent.enqueued_per_second));
  metrics.push_back(gauge("stint_store_claimed_per_second", recent.claimed_per_second));
  metrics.push_back(gauge("stint_store_completed_per_second", recent.completed_per_second));
  metrics.push_back(gauge("stint_store_failed_per_second", recent.failed_per_second));
  return metrics;
}

}  // namespace stint
