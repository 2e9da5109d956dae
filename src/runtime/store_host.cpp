#include "runtime/store_host.hpp"
#include <utility>

namespace stint {

StoreHost::StoreHost(std::shared_ptr<LogBuffer> logs, EnqueueOne enqueue)
    : logs_(std::move(logs)), enqueue_(std::move(enqueue)) {}

void StoreHost::add_log_line(NewLogLine line) { logs_->add(std::move(line)); }

bool StoreHost::has_log_room() { return logs_->has_room(); }

JobId StoreHost::enqueue_child(std::string_view task, const json& args, EnqueueOptions options) {
  return enqueue_(task, args, options);
}

}  // namespace stint
