#include "runtime/store_host.hpp"
#include <utility>
#include "runtime/task_reports.hpp"

namespace stint {

StoreHost::StoreHost(std::shared_ptr<LogBuffer> logs, EnqueueOne enqueue,
                     std::shared_ptr<TaskReports> reports)
    : logs_(std::move(logs)), enqueue_(std::move(enqueue)), reports_(std::move(reports)) {}

void StoreHost::add_log_line(NewLogLine line) { logs_->add(std::move(line)); }

bool StoreHost::has_log_room() { return logs_->has_room(); }

JobId StoreHost::enqueue_child(std::string_view task, const json& args, EnqueueOptions options) {
  return enqueue_(task, args, options);
}

void StoreHost::write_liveness(const std::string& task) {
  if (!reports_) return JobHost::write_liveness(task);
  reports_->write_liveness(task);
}

void StoreHost::push_metrics(const std::string& task, std::vector<Metric> metrics) {
  if (!reports_) return JobHost::push_metrics(task, std::move(metrics));
  reports_->push_metrics(task, std::move(metrics));
}

}  // namespace stint
