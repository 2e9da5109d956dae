#include "runtime/direct_host.hpp"
#include <utility>
#include "runtime/task_reports.hpp"
#include "stint/error.hpp"

namespace stint {

void DirectHost::add_log_line(NewLogLine line) {
  if (calls_.log) calls_.log(line.level, line.text);
}

JobId DirectHost::enqueue_child(std::string_view task, const json& args, EnqueueOptions options) {
  if (!calls_.enqueue) throw Error{ErrorCode::kUsage, "this run has no store to enqueue into"};
  return calls_.enqueue(task, args, std::move(options));
}

void DirectHost::extend_lock() {
  if (calls_.extend_lock) calls_.extend_lock();
}

void DirectHost::write_liveness(const std::string& task) {
  if (!calls_.reports) return JobHost::write_liveness(task);
  calls_.reports->write_liveness(task);
}

void DirectHost::push_metrics(const std::string& task, std::vector<Metric> metrics) {
  if (!calls_.reports) return JobHost::push_metrics(task, std::move(metrics));
  calls_.reports->push_metrics(task, std::move(metrics));
}

}  // namespace stint
