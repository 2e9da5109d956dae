/// A worker in this process: the assembly of all its roles.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/store.hpp"
#include "runtime/exchanger.hpp"
#include "runtime/executor.hpp"
#include "runtime/job_board.hpp"
#include "runtime/recent_counts.hpp"
#include "runtime/rescuer.hpp"
#include "runtime/session.hpp"
#include "runtime/slots.hpp"
#include "runtime/turn_times.hpp"
#include "runtime/watcher.hpp"
#include "runtime/worker_events.hpp"
#include "runtime/worker_metrics.hpp"

namespace stint {

struct JobWorkerOptions {
  int slots = 1;
  std::vector<DomainShare> domains = {{.name = "default"}};
  std::int64_t allowed_runs = -1;  ///< -1: no limit; 0: none until `run_one`
  int largest_batch = 256;
  LeaseOptions lease = {};
  WatchOptions watch = {};
  std::chrono::nanoseconds rescue_look = std::chrono::seconds{5};
  std::chrono::nanoseconds purge_look = std::chrono::minutes{1};
  std::chrono::milliseconds retention = std::chrono::hours{24};  ///< 0: keep for ever
  WorkerInfo info = {};
  std::shared_ptr<SlotProcesses> processes = {};  ///< null: tasks run on threads
  bool isolates_all = false;
  WorkerEventsOptions events = {};  ///< who hears of what happens, beside the modules' hooks
};

/// Run jobs from `start` to `stop`. Used by one owner; `request_stop`-like members may be called
/// from any thread.
class JobWorker final {
 public:
  JobWorker(std::shared_ptr<Store> store, std::shared_ptr<const RunEnvironment> environment,
            std::shared_ptr<JobHost> host, std::shared_ptr<LogBuffer> logs,
            JobWorkerOptions options);
  ~JobWorker();
  JobWorker(const JobWorker&) = delete;
  JobWorker& operator=(const JobWorker&) = delete;

  void start();
  /// Claim nothing more and wait for what runs. True: all ended within `grace`.
  bool drain(std::chrono::nanoseconds grace);
  /// Interrupt what runs, give everything back and leave. Idempotent.
  void stop() noexcept;
  /// Make a `drain` in another thread return at once.
  void hurry() { hurried_ = true; }
  /// Before `start`: begin nothing until `run_one`.
  void allow_no_runs() { board_->allow_runs(0); }
  /// Execute at most one due job; starts the worker if it was not started.
  bool run_one();
  /// True once idle; false when `deadline` (boot clock) passed, or the worker ended or failed
  /// first.
  bool wait_idle(std::optional<std::chrono::nanoseconds> deadline);
  /// Wait until the allowed runs are used up or a role failed, or `wake` returns true (asked each
  /// 0.1 s).
  void wait_ended(const std::function<bool()>& wake);

  bool is_started() const { return is_started_; }
  /// The message of the error that ended a role for good; empty while all is well.
  std::string failure();
  /// Tasks that ignored their stop and still hold a thread.
  int abandoned() const { return slots_ ? slots_->abandoned() : 0; }
  WorkerId id() const { return session_.worker(); }
  /// Why it claims nothing: not registered, its lease ran out, it drains or has failed. Empty: it
  /// is ready.
  std::string unready_reason();
  /// Which of its loops is later to come round than `longest`, and how late it is; empty: none. The
  /// time that a call of the store takes is left out.
  std::string hang(std::chrono::nanoseconds longest) const;
  /// What it has counted; lives as long as the worker.
  const WorkerMetrics& metrics() const { return *metrics_; }
  int slots() const { return options_.slots; }
  /// Jobs in slots.
  int running() { return board_->standing().running; }

 private:
  void guard(WorkerLoop loop, const std::function<void()>& body) noexcept;
  /// Call `look` each time `pause` has passed until the worker stops; an outage is waited out.
  /// `soon`, guarded by the mutex, ends a pause.
  void repeat(WorkerLoop loop, const std::function<void()>& look,
              const std::function<std::chrono::nanoseconds()>& pause, bool* soon = nullptr);
  bool wait_unless_stopping(std::chrono::nanoseconds duration, bool* soon = nullptr);
  void renew_lease();
  bool beat();
  void lose_lease();
  /// What it tells the store with a beat.
  std::string told_counts();
  void keep_house();
  int purge_jobs(const PurgeFilter& filter);
  void purge_workers();
  bool has_supervised();
  void interrupt_running() noexcept;
  void join() noexcept;

  const std::shared_ptr<Store> store_;
  const std::shared_ptr<const RunEnvironment> environment_;
  const std::shared_ptr<LogBuffer> logs_;
  const JobWorkerOptions options_;
  const Clock& clock_;
  const std::shared_ptr<WorkerEvents> events_;  // null: nobody listens
  std::shared_ptr<WorkerPage> page_;
  std::unique_ptr<WakeUp> wake_up_;
  std::shared_ptr<JobBoard> board_;
  const std::shared_ptr<WorkerMetrics> metrics_ = std::make_shared<WorkerMetrics>();
  RecentCounts recent_{*metrics_, real_clock().boot_now()};  // of the heartbeat
  std::shared_ptr<SlotContext> slot_context_;
  std::unique_ptr<Slots> slots_;
  WorkerTurns turns_;
  Session session_;
  Rescuer rescuer_;
  std::unique_ptr<Watcher> watcher_;
  OutageLog outages_;
  std::unique_ptr<ExchangeContext> exchange_;
  std::vector<std::thread> threads_;
  std::atomic<bool> is_started_{false};
  std::atomic<bool> hurried_{false};
  std::atomic<bool> is_draining_{false};
  std::atomic<bool> is_lease_lost_{false};  // and told of
  std::chrono::nanoseconds next_purge_{0};

  Mutex mutex_;
  CondVar stopping_changed_;
  bool stopping_ STINT_GUARDED_BY(mutex_) = false;
  bool has_request_ = false;  // guarded by the mutex, too; passed by its address
  std::string failure_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
