#include "stint/worker.hpp"
#include <span>
#include <utility>
#include "app/environment.hpp"
#include "app/worker_metrics_push.hpp"
#include "app/worker_setup.hpp"
#include "base/clock.hpp"
#include "stint/settings.hpp"

namespace stint {
namespace detail {

class WorkerImpl {
 public:
  WorkerImpl(const Settings& settings, std::span<const ModuleDefinition> modules,
             WorkerOptions options)
      : environment_(std::make_shared<Environment>(settings, modules)),
        options_(std::move(options)) {
    make();
  }

  JobWorker& worker() { return *worker_; }
  const Settings& settings() const { return environment_->settings(); }

  /// A worker that was stopped has left the store for good: begin with a new one.
  void start() {
    if (worker_->is_started()) return;
    if (was_started_) make();
    was_started_ = true;
    register_tasks(*environment_);
    worker_->start();
  }

  bool run_one() {
    if (!worker_->is_started()) {
      if (was_started_) make();
      was_started_ = true;
      worker_->allow_no_runs();
      register_tasks(*environment_);
    }
    return worker_->run_one();
  }

 private:
  void make() {
    metrics_.reset();
    worker_ = make_job_worker(environment_, options_);
    metrics_ = std::make_unique<WorkerMetricsPush>(*environment_, *worker_);
  }

  const std::shared_ptr<Environment> environment_;
  const WorkerOptions options_;
  std::unique_ptr<JobWorker> worker_;
  std::unique_ptr<WorkerMetricsPush> metrics_;
  bool was_started_ = false;
};

}  // namespace detail

Worker::Worker(const Settings& settings, std::initializer_list<ModuleDefinition> modules,
               const WorkerOptions& options)
    : impl_(std::make_unique<detail::WorkerImpl>(
          settings, std::span<const ModuleDefinition>{modules.begin(), modules.size()}, options)) {}

Worker::~Worker() { stop(); }

void Worker::start() { impl_->start(); }

bool Worker::drain(std::optional<std::chrono::milliseconds> grace) {
  const bool all_ended = impl_->worker().drain(
      grace.value_or(impl_->settings().get<std::chrono::milliseconds>("worker.drain_timeout")));
  impl_->worker().stop();
  return all_ended;
}

void Worker::stop() noexcept { impl_->worker().stop(); }

bool Worker::run_one() { return impl_->run_one(); }

bool Worker::wait_idle(std::optional<std::chrono::milliseconds> timeout) {
  std::optional<std::chrono::nanoseconds> deadline;
  if (timeout) deadline = real_clock().boot_now() + *timeout;
  return impl_->worker().wait_idle(deadline);
}

}  // namespace stint
