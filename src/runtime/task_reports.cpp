#include "runtime/task_reports.hpp"
#include <utility>
#include "runtime/run_metrics.hpp"

namespace stint {

TaskReports::TaskReports(OpenLiveness open_liveness, std::unique_ptr<MetricsSink> sink)
    : liveness_(std::move(open_liveness)), metrics_(std::move(sink)) {}

TaskReports::~TaskReports() {
  if (!was_flushed_) flush();
}

void TaskReports::push_metrics(const std::string& task, std::vector<Metric> metrics) {
  if (!metrics_.has_sink()) return;
  for (Metric& metric : metrics) metric.tags.emplace_back("task", task);
  metrics_.push(std::move(metrics));
}

void TaskReports::flush(std::chrono::nanoseconds limit) {
  was_flushed_ = true;
  const std::chrono::nanoseconds end = real_clock().boot_now() + limit;
  liveness_.flush(limit);
  metrics_.flush(end - real_clock().boot_now());
}

RunnerReports::RunnerReports(std::string task, std::shared_ptr<TaskReports> reports,
                             const Clock& clock)
    : task_(std::move(task)), reports_(std::move(reports)), clock_(clock) {}

void RunnerReports::is(std::string_view state) {
  reports_->liveness().set_state(task_, std::string{state});
}

void RunnerReports::ended(RunStatus status, std::chrono::nanoseconds duration) {
  if (status == RunStatus::kSucceeded) reports_->liveness().succeed(task_);
  if (!reports_->metrics().has_sink()) return;
  push_run_metrics(
      reports_->metrics(),
      {.task = task_, .status = status, .duration = duration, .ended_at = clock_.system_now()});
}

void RunnerReports::lock_is(LockState state) {
  if (!reports_->metrics().has_sink()) return;
  const bool is_held = state == LockState::kHeld || state == LockState::kAtRisk;
  push_lock_state(reports_->metrics(), task_, is_held);
}

}  // namespace stint
