#include "runtime/run_metrics.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <fmt/format.h>
#include "base/utf8.hpp"
#include "runtime/metrics_pusher.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::array<std::string_view, 6> kStatuses = {"succeeded",   "failed", "pending",
                                                       "interrupted", "killed", "unavailable"};
constexpr std::array<std::string_view, 3> kReserved = {"task", "type", "status"};
constexpr const char* kType = "task";

class TaskMetrics final : public Metrics {
 public:
  TaskMetrics(std::string task, std::shared_ptr<MetricsPusher> pusher)
      : task_(std::move(task)), pusher_(std::move(pusher)) {}

  void push(std::vector<Metric> metrics) override {
    check_task_metrics(metrics);
    for (Metric& metric : metrics) metric.tags.emplace_back("task", task_);
    pusher_->push(std::move(metrics));
  }

 private:
  const std::string task_;
  const std::shared_ptr<MetricsPusher> pusher_;
};

Error refused(const Metric& metric, std::string_view cause) {
  return Error{ErrorCode::kUsage, fmt::format("the metric \"{}\" cannot be pushed: {}",
                                              sanitize_text(metric.name), cause)};
}

void check_tag(const Metric& metric, const std::string& name) {
  if (name.empty()) throw refused(metric, "a tag has no name");
  if (std::ranges::find(kReserved, name) == kReserved.end()) return;
  throw refused(metric, fmt::format("the tag \"{}\" is set by Stint, name yours otherwise", name));
}

}  // namespace

std::string_view to_string(RunStatus status) {
  return kStatuses.at(static_cast<std::size_t>(status));
}

std::vector<Metric> run_metrics(const RunEnd& end) {
  const double seconds = std::chrono::duration<double>(end.duration).count();
  std::vector<Metric> metrics{{.name = "job_duration_seconds",
                               .value = seconds,
                               .tags = {{"task", end.task},
                                        {"type", kType},
                                        {"status", std::string{to_string(end.status)}}},
                               .kind = MetricKind::kTimer,
                               .time = end.ended_at}};
  if (end.status == RunStatus::kSucceeded) {
    metrics.push_back(
        {.name = "last_successful_run_timestamp",
         .value = static_cast<double>(std::chrono::system_clock::to_time_t(end.ended_at)),
         .tags = {{"task", end.task}, {"type", kType}},
         .time = end.ended_at});
  }
  return metrics;
}

void push_run_metrics(MetricsPusher& pusher, const RunEnd& end) { pusher.push(run_metrics(end)); }

void push_lock_state(MetricsPusher& pusher, std::string_view task, bool is_held) {
  pusher.push({{.name = "one_instance_lock_held",
                .value = is_held ? 1.0 : 0.0,
                .tags = {{"task", std::string{task}}}}});
}

std::unique_ptr<Metrics> make_task_metrics(std::string task,
                                           std::shared_ptr<MetricsPusher> pusher) {
  return std::make_unique<TaskMetrics>(std::move(task), std::move(pusher));
}

void check_task_metrics(const std::vector<Metric>& metrics) {
  for (const Metric& metric : metrics) {
    if (metric.name.empty()) throw refused(metric, "it has no name");
    if (!std::isfinite(metric.value)) {
      throw refused(metric, fmt::format("its value is {}, no finite number", metric.value));
    }
    for (const auto& [name, value] : metric.tags) check_tag(metric, name);
  }
}

}  // namespace stint
