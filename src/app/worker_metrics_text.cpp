#include "app/worker_metrics_text.hpp"
#include <algorithm>
#include "app/prometheus_text.hpp"
#include "base/duration.hpp"

namespace stint {
namespace {

using enum MetricType;

std::int64_t flag(bool value) { return value ? 1 : 0; }

void write_worker(PrometheusText& text, const WorkerView& worker) {
  text.begin("stint_worker_info", kGauge, "Always 1; the labels say which worker this is.")
      .value(std::int64_t{1},
             {{"version", worker.version}, {"worker", std::to_string(worker.id.value)}});
  text.begin("stint_worker_ready", kGauge,
             "1 while the worker may claim jobs: registered, its lease good, not draining.")
      .value(flag(worker.is_ready));
  text.begin("stint_worker_slots", kGauge, "Jobs that the worker can execute at once.")
      .value(std::int64_t{worker.slots});
  text.begin("stint_worker_slots_running", kGauge, "Slots that execute a job.")
      .value(std::int64_t{worker.running});
  text.begin("stint_worker_slots_free", kGauge, "Slots that execute none.")
      .value(std::int64_t{std::max(worker.slots - worker.running, 0)});
}

void write_counters(PrometheusText& text, const WorkerMetrics& metrics) {
  text.begin("stint_worker_claimed_total", kCounter, "Jobs claimed from the store.")
      .value(metrics.claimed.value());
  text.begin("stint_worker_begun_total", kCounter, "Attempts begun.").value(metrics.begun());
  text.begin("stint_worker_ended_total", kCounter,
             "Attempts whose end the store has taken, by how they ended; not_begun: claimed and "
             "given back.");
  for (std::size_t i = 0; i < kAttemptEndNames.size(); ++i) {
    text.value(metrics.ended(static_cast<AttemptEnd>(i)), {{"outcome", kAttemptEndNames.at(i)}});
  }
  text.begin("stint_worker_fenced_total", kCounter,
             "Results that the store refused: the job had been given to another.")
      .value(metrics.fenced.value());
  text.begin("stint_worker_exchange_failures_total", kCounter,
             "Exchanges with the store that failed.")
      .value(metrics.exchange_failures.value());
}

void write_histograms(PrometheusText& text, const WorkerMetrics& metrics) {
  text.begin("stint_worker_wait_seconds", kHistogram,
             "From the moment when a job was due to the start of its attempt.")
      .histogram(metrics.wait.snapshot());
  text.begin("stint_worker_run_seconds", kHistogram, "From the start of an attempt to its end.")
      .histogram(metrics.run.snapshot());
  text.begin("stint_worker_exchange_seconds", kHistogram,
             "One exchange with the store, which completes jobs and claims others.")
      .histogram(metrics.exchange.snapshot());
}

void write_jobs(PrometheusText& text, const StoreStatus& status) {
  text.begin("stint_store_jobs", kGauge, "Jobs in the store, by domain and state.");
  for (const StoreStatus::Count& one : status.counts) {
    text.value(one.jobs, {{"domain", one.domain}, {"state", to_string(one.state)}});
  }
  text.begin("stint_store_ended_estimated", kGauge,
             "1 if the numbers of done, failed and aborted jobs are estimated.")
      .value(flag(status.is_ended_estimated));
  text.begin("stint_store_oldest_due_age_seconds", kGauge,
             "How long the longest due queued job of a domain waits.");
  for (const StoreStatus::Due& one : status.oldest_due) {
    text.value(in_seconds(status.now - one.since), {{"domain", one.domain}});
  }
}

void write_recent(PrometheusText& text, const StoreStatus::Recent& recent) {
  text.begin("stint_store_enqueued_per_second", kGauge,
             "Jobs enqueued within the last minute, a second.")
      .value(recent.enqueued_per_second);
  text.begin("stint_store_claimed_per_second", kGauge,
             "Jobs that all workers claimed within the last minute, a second.")
      .value(recent.claimed_per_second);
  text.begin("stint_store_completed_per_second", kGauge,
             "Attempts that all workers ended within the last minute, a second.")
      .value(recent.completed_per_second);
  text.begin("stint_store_failed_per_second", kGauge,
             "Those that failed, were rejected or crashed within the last minute, a second.")
      .value(recent.failed_per_second);
  text.begin("stint_store_fenced", kGauge,
             "Results of all workers that the store refused since each of them started; of those "
             "that retention has left.")
      .value(recent.fenced_total);
}

void write_store(PrometheusText& text, const StoreView& store) {
  text.begin("stint_store_up", kGauge, "1 if the store answered when it was asked last.")
      .value(flag(store.status != nullptr));
  if (store.status == nullptr) return;
  text.begin("stint_store_status_age_seconds", kGauge,
             "How long ago what follows was read from the store.")
      .value(in_seconds(store.age));
  write_jobs(text, *store.status);
  const StoreStatus::Workers& workers = store.status->workers;
  text.begin("stint_store_workers", kGauge,
             "Workers that the store knows, by state; retention removes those that ended.")
      .value(workers.alive, {{"state", "alive"}})
      .value(workers.stopped, {{"state", "stopped"}})
      .value(workers.dead, {{"state", "dead"}});
  write_recent(text, store.status->recent);
}

}  // namespace

std::string worker_metrics_text(const WorkerView& worker, const StoreView& store) {
  PrometheusText text;
  write_worker(text, worker);
  write_counters(text, worker.metrics);
  write_histograms(text, worker.metrics);
  write_store(text, store);
  return text.str();
}

}  // namespace stint
