/// The surroundings of a task that runs outside the queue.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "runtime/job_run.hpp"

namespace stint {

class TaskReports;

using EnqueueChild =
    std::function<JobId(std::string_view task, const json& args, EnqueueOptions options)>;

/// Who does what such a task asks for. What is empty or null is refused.
struct HostCalls {
  EnqueueChild enqueue = {};  ///< opens the store
  std::function<void(LogLevel, const std::string&)> log = {};
  std::function<void()> extend_lock = {};
  std::shared_ptr<TaskReports> reports = {};
};

/// Hand each request to its call. As thread-safe as those are.
class DirectHost final : public JobHost {
 public:
  explicit DirectHost(HostCalls calls) : calls_(std::move(calls)) {}

  void add_log_line(NewLogLine line) override;
  bool keeps_output() const override { return false; }
  JobId enqueue_child(std::string_view task, const json& args, EnqueueOptions options) override;
  void extend_lock() override;
  void write_liveness(const std::string& task) override;
  void push_metrics(const std::string& task, std::vector<Metric> metrics) override;

 private:
  const HostCalls calls_;
};

}  // namespace stint
