/// What a job in a worker needs of its store: its log and its children.
#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include "runtime/job_run.hpp"
#include "runtime/log_buffer.hpp"

namespace stint {

/// Enqueue one job as the worker's program would and return its id.
using EnqueueOne =
    std::function<JobId(std::string_view task, const json& args, const EnqueueOptions& options)>;

class StoreHost final : public JobHost {
 public:
  StoreHost(std::shared_ptr<LogBuffer> logs, EnqueueOne enqueue);

  void add_log_line(NewLogLine line) override;
  bool has_log_room() override;
  JobId enqueue_child(std::string_view task, const json& args, EnqueueOptions options) override;

 private:
  const std::shared_ptr<LogBuffer> logs_;
  const EnqueueOne enqueue_;
};

}  // namespace stint
