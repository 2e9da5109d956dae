/// Threads that execute jobs, one at a time each.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/store.hpp"
#include "runtime/executor.hpp"
#include "runtime/job_board.hpp"
#include "runtime/job_run.hpp"
#include "runtime/process_slot.hpp"
#include "runtime/thread_output.hpp"
#include "runtime/worker_events.hpp"
#include "runtime/worker_metrics.hpp"
#include "runtime/worker_page.hpp"

namespace stint {

/// What a slot's thread needs. Shared with threads that were left to a task which ignores its stop,
/// and may then outlive the worker.
struct SlotContext {
  std::shared_ptr<JobBoard> board;
  std::shared_ptr<WorkerPage> page;  ///< null: this worker writes none
  std::shared_ptr<Store> store;      ///< for arguments kept out of line
  std::shared_ptr<JobHost> host;
  std::shared_ptr<const RunEnvironment> environment;
  const Clock& clock;                             ///< lives as long as the process
  std::shared_ptr<SlotProcesses> processes = {};  ///< null: tasks run on threads
  bool isolates_all = false;  ///< every task runs in a process, not only those that need one
  ProcessSlotOptions process = {};
  std::shared_ptr<WorkerMetrics> metrics = std::make_shared<WorkerMetrics>();
  std::shared_ptr<WorkerEvents> events = {};  ///< null: nobody listens
};

/// Own the slots of a worker. `start` and `stop` are called by the worker, `running` and `abandon`
/// by its watcher.
class Slots final {
 public:
  Slots(int count, std::shared_ptr<const SlotContext> context);
  /// The board must be closed by then. Waits for the threads, but for those that were abandoned.
  ~Slots();
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  void start();

  /// What runs now.
  std::vector<std::shared_ptr<JobRun>> running();

  /// End a job whose task ignores its stop: hand in `end` for it, leave its thread to itself and
  /// start another for the slot. False: the job had ended by itself.
  bool abandon(const std::shared_ptr<JobRun>& run, Completion end);

  /// Threads that were left to their tasks and have not returned yet.
  int abandoned() const { return *abandoned_; }

  const Registry& registry() const { return *context_->environment->registry; }

 private:
  struct Cell {
    Mutex mutex;
    std::shared_ptr<JobRun> run STINT_GUARDED_BY(mutex);
  };
  /// Where the jobs of one slot run.
  struct Places {
    Contexts contexts;                                 // on its thread
    ProcessSlot process;                               // or in its process
    std::unique_ptr<AttemptConnection> attempts = {};  // of those on its thread
  };
  struct Slot {
    std::shared_ptr<Cell> cell;
    std::thread thread;
  };

  /// `unwritten`: what was abandoned in this slot, if its end must be in the store first.
  void start_thread(std::size_t index, const std::shared_ptr<JobRun>& unwritten)
      STINT_REQUIRES(mutex_);
  /// False: it was abandoned.
  static bool work(int number, const SlotContext& context, Cell& cell);
  static bool run_next(int number, const SlotContext& context, Cell& cell, Places& places,
                       const ClaimedJob& job);
  /// `begun`: a process has begun with it.
  static bool run_job(int number, const SlotContext& context, Cell& cell, Places& places,
                      const ClaimedJob& job, std::optional<BegunJob> begun);
  static bool run_together(int number, const SlotContext& context, Cell& cell, Places& places,
                           std::vector<ClaimedJob> jobs, std::uint64_t claims);
  static Completion execute_in(Places& places, const SlotContext& context, Cell& cell,
                               std::shared_ptr<JobRun>& run, const ClaimedJob& job,
                               std::optional<BegunJob> begun);

  const std::shared_ptr<const SlotContext> context_;
  const OutputHook output_hook_;
  std::shared_ptr<std::atomic<int>> abandoned_ = std::make_shared<std::atomic<int>>(0);
  Mutex mutex_;
  std::vector<Slot> slots_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
