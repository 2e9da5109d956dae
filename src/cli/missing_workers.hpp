/// A word to those who wait for jobs that nobody will run.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include "base/mutex.hpp"

namespace stint {
class Environment;
}

namespace stint::cli {

/// Tell once, on standard error, that no worker runs on the store. Thread-safe.
class MissingWorkers final {
 public:
  /// `environment` must outlive it.
  MissingWorkers(Environment& environment, std::string program)
      : environment_(environment), program_(std::move(program)) {}

  /// Call this at each look at the jobs. The first is the beginning of the wait; what there is to
  /// tell is told two seconds later. Never throws: a store that does not say who works is left to
  /// the wait itself.
  void look() noexcept;

 private:
  bool is_due();

  Environment& environment_;
  const std::string program_;
  Mutex mutex_;
  std::optional<std::chrono::nanoseconds> due_ STINT_GUARDED_BY(mutex_);
  bool is_told_ STINT_GUARDED_BY(mutex_) = false;
};

}  // namespace stint::cli
