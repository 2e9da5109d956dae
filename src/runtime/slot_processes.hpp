/// The slot processes of a worker: started ahead, reused, thrown away.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "process/channel.hpp"
#include "process/keeper.hpp"
#include "process/memory_group.hpp"
#include "runtime/burst_page.hpp"
#include "runtime/slot_messages.hpp"

namespace stint {

/// One process that executes one job at a time. Used by one slot's thread.
struct SlotProcess {
  SlotProcess() = default;
  ~SlotProcess();
  SlotProcess(const SlotProcess&) = delete;
  SlotProcess& operator=(const SlotProcess&) = delete;

  /// Bound the memory of the process and its children by a control group; 0: not at all. False:
  /// there can be no group here.
  bool bound_memory(std::int64_t bytes);

  /// What its group holds, in bytes; -1: it has none.
  std::int64_t memory_used() const { return memory ? memory->used() : -1; }

  std::unique_ptr<MemoryGroup> memory;  ///< null: none was needed, or there can be none
  std::unique_ptr<ChildProcess> child;
  std::unique_ptr<Channel> channel;
  UniqueFd crash_report;
  std::unique_ptr<BurstPage> page;
  bool is_ready = false;
  int runs = 0;  ///< jobs that it has taken
};

struct SlotProcessOptions {
  slot::Hello hello = {};
  std::vector<int> module_files = {};  ///< of `hello.modules`; open as long as this lives
  int most_runs = 0;                   ///< jobs that one process executes; 0: no limit
  int burst = 8;                       ///< processes that may be started at once; then 5 a second
  bool keeps_spare = true;             ///< `refill` has one ready
  bool inherits_input = false;         ///< they have this process's standard input, not /dev/null
};

/// Start processes for slots. Keeps one ready, so that a slot whose process was killed goes on at
/// once. Where processes die as fast as they are started, they are started at a limited rate.
/// Thread-safe.
class SlotProcesses final {
 public:
  SlotProcesses(std::shared_ptr<Keeper> keeper, SlotProcessOptions options, Clock& clock);

  /// Take the one that is ready, or start one; it may have yet to say that it is ready. Waits where
  /// too many were started lately. Throws Error kUnavailable, retryable.
  std::unique_ptr<SlotProcess> take();
  /// Have one ready for the next `take`, unless too many were started lately.
  void refill();
  /// How many more jobs a process may take.
  int runs_left(const SlotProcess& process) const;
  bool is_reusable(const SlotProcess& process) const { return runs_left(process) > 0; }

 private:
  std::unique_ptr<SlotProcess> start();
  void count_allowance() STINT_REQUIRES(starting_);
  bool may_start_now();
  void wait_for_turn();

  const std::shared_ptr<Keeper> keeper_;
  const SlotProcessOptions options_;
  const std::string hello_;
  Clock& clock_;
  Mutex starting_;  // one at a time waits for its turn
  Mutex mutex_;
  std::unique_ptr<SlotProcess> spare_ STINT_GUARDED_BY(mutex_);
  double allowance_ STINT_GUARDED_BY(starting_);
  std::chrono::nanoseconds counted_at_ STINT_GUARDED_BY(starting_){0};
};

}  // namespace stint
