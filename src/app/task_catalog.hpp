/// The tasks that other programs have registered in the store.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/registry.hpp"
#include "core/store.hpp"

namespace stint {

/// Find declarations that this program does not have, so that its jobs get the task's domain,
/// priority and retries, and their arguments are checked at once. Keeps what the store said for a
/// minute. Thread-safe.
class TaskCatalog final {
 public:
  explicit TaskCatalog(Clock& clock = real_clock()) : clock_(clock) {}

  /// Find by the full name; nothing if nobody has registered it yet, or nobody this version
  /// understands. Throws what the store throws.
  std::shared_ptr<const detail::TaskDeclaration> find(Store& store, std::string_view name);

  /// Read anew at the next use, since a task may have changed. False: it was read just now.
  bool refresh();

 private:
  using Tasks = std::map<std::string, std::shared_ptr<const detail::TaskDeclaration>, std::less<>>;

  void load(Store& store) STINT_REQUIRES(mutex_);
  bool is_older_than(std::chrono::nanoseconds age) const STINT_REQUIRES(mutex_);

  Clock& clock_;
  mutable Mutex mutex_;
  Tasks tasks_ STINT_GUARDED_BY(mutex_);
  std::optional<std::chrono::nanoseconds> loaded_at_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
