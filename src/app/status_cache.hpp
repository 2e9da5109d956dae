/// A store's status for many readers at little cost to the store.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/job_records.hpp"

namespace stint {

/// Read the status when somebody wants it, on a thread of its own, and keep it for a while: however
/// often it is asked for, the store is read each 5 s at most, and busy with it for no more than a
/// twentieth of the time. Thread-safe.
class StatusCache final {
 public:
  struct Entry {
    std::optional<StoreStatus> status;    ///< nothing: the store did not answer
    std::string error = {};               ///< why not
    std::chrono::nanoseconds read_at{0};  ///< on the boot clock, when it was asked
    std::chrono::nanoseconds fresh_until{0};
  };

  /// `read` is called on the cache's thread; the destructor waits for it to return.
  StatusCache(std::function<StoreStatus()> read, const Clock& clock);
  ~StatusCache();
  StatusCache(const StatusCache&) = delete;
  StatusCache& operator=(const StatusCache&) = delete;

  /// Return what is known if it is fresh. Else have it read, without waiting, and return null.
  std::shared_ptr<const Entry> fresh();
  /// Return what was read last, however old; null if nothing was read yet.
  std::shared_ptr<const Entry> latest() const;

 private:
  void serve();
  std::shared_ptr<const Entry> read_now() const;

  const std::function<StoreStatus()> read_;
  const Clock& clock_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<const Entry> entry_ STINT_GUARDED_BY(mutex_);
  bool is_wanted_ STINT_GUARDED_BY(mutex_) = false;
  bool is_stopping_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stint
