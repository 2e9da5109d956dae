/// A runner as a service: its manager hears what it does.
#pragma once
#include <stop_token>
#include <string>
#include "app/service_watch.hpp"
#include "base/mutex.hpp"
#include "runtime/runner.hpp"

namespace stint::cli {

/// Hand everything on, and tell the service manager: ready once the runner runs its task or stands
/// in line for its lock; stopping once it was told to end. Its signs of life say that the process
/// lives, and nothing of the task, which may run for as long as its timeout lets it.
class RunnerService final : public RunnerListener {
 public:
  /// `next` must outlive this.
  RunnerService(const ServiceRequest& request, RunnerListener& next, std::stop_token stop);

  void is(std::string_view state) override;
  void ended(RunStatus status, std::chrono::nanoseconds duration) override;
  /// It was told to end.
  void stops() { watch_.look_soon(); }

 private:
  ServiceState look();

  RunnerListener& next_;
  const std::stop_token stop_;
  Mutex mutex_;
  std::string state_ STINT_GUARDED_BY(mutex_);
  ServiceWatch watch_;  // the last member: it looks at the others
};

}  // namespace stint::cli
