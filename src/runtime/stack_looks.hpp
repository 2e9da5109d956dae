/// Answer who asks where a running job is.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include "base/mutex.hpp"
#include "runtime/job_run.hpp"

namespace stint {

/// Look at the stacks of executions and write what is found into their logs. Looks are made one
/// after the other by a thread that is there only meanwhile: who asks never waits.
class StackLooks final {
 public:
  /// `on_answer` is called after each look, on its thread. What it throws is dropped.
  explicit StackLooks(std::function<void()> on_answer);
  ~StackLooks();  ///< waits for the present look, a few seconds at most; drops the others
  StackLooks(const StackLooks&) = delete;
  StackLooks& operator=(const StackLooks&) = delete;

  /// Make the look of this number. Called by one thread.
  void add(std::shared_ptr<JobRun> run, int look);

 private:
  struct Asked {
    std::shared_ptr<JobRun> run;
    int look = 0;
  };
  void work() noexcept;

  const std::function<void()> on_answer_;
  Mutex mutex_;
  std::deque<Asked> asked_ STINT_GUARDED_BY(mutex_);
  bool is_working_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stint
