#include "app/explain_facts.hpp"
#include <algorithm>
#include <chrono>
#include <utility>
#include "app/backends.hpp"
#include "stint/json.hpp"

namespace stint {
namespace {

// Counting stops here: "at least 10000" says enough.
constexpr int kMostBefore = 10'000;

void add_tasks(ExplainFacts& facts, Store& store) {
  for (const TaskRecord& task : store.list_tasks()) {
    facts.known_tasks.push_back(task.name);
    if (task.name != facts.job.task) continue;
    const json object = json::parse(task.specification, nullptr, /*allow_exceptions=*/false);
    facts.needs_transaction = object.is_object() && object.value("transaction", false);
  }
}

void add_holder(ExplainFacts& facts, Store& store) {
  if (!facts.job.worker) return;
  std::vector<WorkerRecord> workers = store.list_workers(/*alive_only=*/false);
  const auto holder = std::ranges::find(workers, facts.job.worker, &WorkerRecord::id);
  if (holder != workers.end()) facts.holder = std::move(*holder);
}

}  // namespace

std::vector<LiveWorker> live_workers(Store& store, StoreInspector* inspector) {
  std::vector<LiveWorker> workers;
  for (WorkerRecord& record : store.list_workers(/*alive_only=*/true)) {
    workers.push_back({.record = std::move(record)});
  }
  if (inspector == nullptr) return workers;
  for (WorkerTasks& told : inspector->worker_tasks()) {
    const auto worker = std::ranges::find(workers, told.worker,
                                          [](const LiveWorker& live) { return live.record.id; });
    if (worker != workers.end()) worker->tasks = std::move(told.tasks);
  }
  return workers;
}

ExplainFacts gather_explain_facts(Store& store, StoreInspector* inspector, const JobRecord& job,
                                  const Settings& settings, const std::string& store_url) {
  ExplainFacts facts{.job = job, .now = std::chrono::system_clock::now()};
  facts.lease = settings.get<std::chrono::nanoseconds>("worker.lease");
  facts.heartbeat = settings.get<std::chrono::nanoseconds>("worker.heartbeat");
  if (inspector != nullptr) facts.now = inspector->read_clock().value_or(facts.now);
  if (is_final(job.state)) return facts;
  if (inspector != nullptr) facts.place = inspector->find_place(job.id, kMostBefore);
  if (facts.place) facts.now = facts.place->now;
  facts.attempts = store.list_attempts(job.id);
  facts.workers = live_workers(store, inspector);
  add_holder(facts, store);
  add_tasks(facts, store);
  facts.has_transactions = has_attempts(store_url);
  if (facts.place && facts.place->higher + facts.place->older > 0) {
    facts.completed_per_second = store.status().recent.completed_per_second;
  }
  return facts;
}

}  // namespace stint
