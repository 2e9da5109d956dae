/// What a job in a worker needs of its store: its log and its children.
#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include <vector>
#include "runtime/job_run.hpp"
#include "runtime/log_buffer.hpp"

namespace stint {

class TaskReports;

/// Enqueue one job as the worker's program would and return its id.
using EnqueueOne =
    std::function<JobId(std::string_view task, const json& args, const EnqueueOptions& options)>;

class StoreHost final : public JobHost {
 public:
  /// `reports` may be null: then nobody takes stamps and metrics.
  StoreHost(std::shared_ptr<LogBuffer> logs, EnqueueOne enqueue,
            std::shared_ptr<TaskReports> reports = nullptr);

  void add_log_line(NewLogLine line) override;
  bool has_log_room() override;
  JobId enqueue_child(std::string_view task, const json& args, EnqueueOptions options) override;
  void write_liveness(const std::string& task) override;
  void push_metrics(const std::string& task, std::vector<Metric> metrics) override;

 private:
  const std::shared_ptr<LogBuffer> logs_;
  const EnqueueOne enqueue_;
  const std::shared_ptr<TaskReports> reports_;
};

}  // namespace stint
