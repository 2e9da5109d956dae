/// Lines of jobs' logs on their way to the store.
#pragma once
#include <vector>
#include "base/mutex.hpp"
#include "core/store.hpp"

namespace stint {

/// Collect lines from all jobs and write them in batches. Thread-safe. A writer that is far ahead
/// of the store waits.
class LogBuffer final {
 public:
  /// Keep one line; blocks while more than 16 MiB wait, unless the buffer was closed. What was
  /// printed blocks only at 64 MiB: who reads it from pipes, and must not be held up while a stop
  /// is to be served, asks `has_room` before each read.
  void add(NewLogLine line);
  /// Tell whether less than 16 MiB wait.
  bool has_room();
  /// Write what there is, in order. Throws Error for an outage that may pass; the lines are then
  /// kept.
  void flush(Store& store);
  /// Drop lines from now on: nobody writes them any more.
  void close();

 private:
  Mutex flushing_;  // one flush at a time, so that lines stay in order
  Mutex mutex_;
  CondVar has_room_;
  std::vector<NewLogLine> lines_ STINT_GUARDED_BY(mutex_);
  std::size_t bytes_ STINT_GUARDED_BY(mutex_) = 0;
  bool closed_ STINT_GUARDED_BY(mutex_) = false;
};

}  // namespace stint
