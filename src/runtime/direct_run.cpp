#include "runtime/direct_run.hpp"
#include <atomic>
#include <thread>
#include <utility>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "runtime/job_run.hpp"
#include "runtime/transaction_run.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

/// Ask the run to stop when its timeout passes or its caller says so.
class StopWatch final {
 public:
  StopWatch(JobRun& run, const DirectOptions& options)
      : run_(run), options_(options), thread_([this] { watch(); }) {}
  ~StopWatch() {
    {
      const MutexLock lock{mutex_};
      over_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  StopWatch(const StopWatch&) = delete;
  StopWatch& operator=(const StopWatch&) = delete;

 private:
  void watch() {
    MutexLock lock{mutex_};
    while (!over_) {
      changed_.wait_for(lock, std::chrono::milliseconds{20});
      const StopReason reason = options_.stop_asked();
      if (reason != StopReason::kNone) {
        run_.request_stop(reason, "asked to stop");
      } else if (run_.deadline() && real_clock().boot_now() >= *run_.deadline()) {
        run_.request_stop(StopReason::kTimeout, "ran longer than its timeout");
      }
    }
  }

  JobRun& run_;
  const DirectOptions& options_;
  Mutex mutex_;
  CondVar changed_;
  bool over_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

DirectResult run_directly(const detail::TaskDeclaration& task, const RunEnvironment& environment,
                          const DirectOptions& options) {
  ClaimedJob job;
  job.task = task.name;
  job.timeout = options.timeout;
  job.metadata = options.metadata;
  std::unique_ptr<AttemptConnection> attempts;  // outlives the run's transaction
  JobRun run{std::move(job), options.args,
             std::make_shared<DirectHost>(HostCalls{
                 .enqueue = options.enqueue, .log = options.log, .reports = options.reports}),
             real_clock()};
  begin_transaction(run, task, environment, attempts);
  Contexts contexts{environment.registry->contexts(), environment.settings, environment.contexts};
  const StopWatch watch{run, options};
  DirectResult result;
  result.completion = execute_declared(run, task, environment, contexts);
  if (run.stop_reason() != StopReason::kNone) result.stopped = run.stop_reason();
  return result;
}

}  // namespace stint
