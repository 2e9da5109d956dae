/// Tell of an outage of the store once, however many roles of a worker notice it.
#pragma once
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "stint/error.hpp"

namespace stint {

/// Write one line when the first role gets no answer, and one when the last of them has one again.
/// Each failure is a line of level debug. Thread-safe.
class OutageLog final {
 public:
  /// `clock` must outlive the object.
  explicit OutageLog(const Clock& clock) : clock_(clock) {}

  /// A role has got no answer, and will try again.
  void failed(std::string_view role, const Error& error);
  /// A role has got one. Costs next to nothing while there is no outage.
  void answered(std::string_view role);

 private:
  const Clock& clock_;
  std::atomic<bool> is_out_{false};
  Mutex mutex_;
  std::set<std::string, std::less<>> failing_ STINT_GUARDED_BY(mutex_);
  std::chrono::nanoseconds since_ STINT_GUARDED_BY(mutex_){0};
};

}  // namespace stint
