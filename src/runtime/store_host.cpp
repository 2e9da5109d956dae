#include "runtime/store_host.hpp"
#include <utility>

namespace stint {

StoreHost::StoreHost(std::shared_ptr<Store> store, std::shared_ptr<LogBuffer> logs,
                     std::shared_ptr<const Registry> registry, EnqueueDefaults defaults)
    : store_(std::move(store)),
      logs_(std::move(logs)),
      registry_(std::move(registry)),
      defaults_(defaults) {}

void StoreHost::add_log_line(NewLogLine line) { logs_->add(std::move(line)); }

JobId StoreHost::enqueue_child(std::string_view task, const json& args, EnqueueOptions options) {
  const NewJob job = plan_job(task, registry_->find_task(task), args, options, defaults_);
  return store_->enqueue({&job, 1}).at(0).id;
}

}  // namespace stint
