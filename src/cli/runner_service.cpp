#include "cli/runner_service.hpp"
#include <utility>

namespace stint::cli {

RunnerService::RunnerService(const ServiceRequest& request, RunnerListener& next,
                             std::stop_token stop)
    : next_(next), stop_(std::move(stop)), watch_(request, [this] { return look(); }) {}

void RunnerService::is(std::string_view state) {
  {
    const MutexLock lock{mutex_};
    state_ = state;
  }
  watch_.look_soon();
  next_.is(state);
}

void RunnerService::ended(RunStatus status, std::chrono::nanoseconds duration) {
  next_.ended(status, duration);
}

ServiceState RunnerService::look() {
  const MutexLock lock{mutex_};
  ServiceState state{.is_ready = !state_.empty(), .is_stopping = stop_.stop_requested()};
  if (state_ == "waiting") {
    state.status = "waiting for the lock";
  } else if (state_ == "failed") {
    state.status = "sleeping after a run that failed";
  } else {
    state.status = state_;
  }
  return state;
}

}  // namespace stint::cli
