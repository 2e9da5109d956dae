/// Faults of a store that a test asks for one by one.
#pragma once
#include <deque>
#include <optional>
#include <string_view>
#include "base/mutex.hpp"
#include "core/hooked_store.hpp"

namespace stint {

/// Have single calls fail, each once. Thread-safe.
class ScriptedFaults final : public StoreHook {
 public:
  /// Have the next call of this name fail, or with an empty one the next of all; after those that
  /// were asked for before. Throws Error kUsage for a name that no call has.
  void add(std::string_view call, CallFate fate);
  CallFate decide(StoreCall call) override;

 private:
  struct Fault {
    std::optional<StoreCall> call;
    CallFate fate;
  };

  Mutex mutex_;
  std::deque<Fault> faults_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
