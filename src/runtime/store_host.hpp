/// What a job in a worker needs of its store: its log and its children.
#pragma once
#include <memory>
#include "core/enqueue_plan.hpp"
#include "core/store.hpp"
#include "runtime/job_run.hpp"
#include "runtime/log_buffer.hpp"

namespace stint {

class StoreHost final : public JobHost {
 public:
  StoreHost(std::shared_ptr<Store> store, std::shared_ptr<LogBuffer> logs,
            std::shared_ptr<const Registry> registry, EnqueueDefaults defaults);

  void add_log_line(NewLogLine line) override;
  JobId enqueue_child(std::string_view task, const json& args, EnqueueOptions options) override;

 private:
  const std::shared_ptr<Store> store_;
  const std::shared_ptr<LogBuffer> logs_;
  const std::shared_ptr<const Registry> registry_;
  const EnqueueDefaults defaults_;
};

}  // namespace stint
