#include "app/worker_metrics_push.hpp"
#include <exception>
#include <string>
#include "base/clock.hpp"
#include "base/host.hpp"
#include "base/log.hpp"
#include "base/version.hpp"

namespace stint {
namespace {

// Jobs are counted one by one: about 0.1 s for a million.
constexpr std::chrono::minutes kStoreInterval{1};

std::string node_of(const Settings& settings) {
  return settings.find<std::string>("node").value_or(host_name());
}

}  // namespace

WorkerMetricsPush::WorkerMetricsPush(Environment& environment, JobWorker& worker)
    : worker_(worker),
      store_(environment.shared_store()),
      pusher_(environment.metrics()),
      interval_(environment.settings().get<std::chrono::nanoseconds>("worker.heartbeat")),
      values_(node_of(environment.settings())) {
  if (pusher_->has_sink()) thread_ = std::thread{[this] { run(); }};
}

WorkerMetricsPush::~WorkerMetricsPush() {
  {
    const MutexLock lock{mutex_};
    is_stopping_ = true;
    stopping_changed_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  push_worker();
}

void WorkerMetricsPush::run() {
  auto next_store = real_clock().boot_now();
  for (;;) {
    {
      MutexLock lock{mutex_};
      const auto end = std::chrono::steady_clock::now() + interval_;
      while (!is_stopping_ && std::chrono::steady_clock::now() < end) {
        stopping_changed_.wait_until(lock, end);
      }
      if (is_stopping_) return;
    }
    push_worker();
    if (real_clock().boot_now() < next_store) continue;
    push_store();
    next_store = real_clock().boot_now() + kStoreInterval;
  }
}

void WorkerMetricsPush::push_worker() {
  if (worker_.id().value == 0) return;  // it is not registered: nothing was done
  try {
    pusher_->push(values_.take({.metrics = worker_.metrics(),
                                .id = worker_.id(),
                                .version = version(),
                                .slots = worker_.slots(),
                                .running = worker_.running(),
                                .is_ready = worker_.unready_reason().empty()}));
  } catch (const std::exception& error) {
    log_debug("metrics", "the worker's metrics were not pushed: {}", error.what());
  }
}

void WorkerMetricsPush::push_store() {
  try {
    pusher_->push(store_metric_values(store_->status()));
  } catch (const std::exception& error) {
    // That the store is away the worker tells itself.
    log_debug("metrics", "the store's metrics were not pushed: {}", error.what());
  }
}

}  // namespace stint
