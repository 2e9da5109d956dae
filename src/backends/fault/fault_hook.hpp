/// Decide about a store's calls as a plan of faults says.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include "backends/fault/fault_url.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/hooked_store.hpp"

namespace stint::fault {

/// What happens to the n-th call of a kind follows from the seed alone, however threads mingle the
/// calls of different kinds.
class FaultHook final : public StoreHook {
 public:
  /// `plan` has a seed. Outages are counted from now on. `clock` must outlive the object.
  FaultHook(FaultPlan plan, const Clock& clock);

  CallFate decide(StoreCall call) override;
  void waited() override;

  /// What `decide` does about the n-th call of a kind (from 0), but for outages.
  CallFate fate_of(StoreCall call, std::uint64_t number) const;
  /// How long that call is held up.
  std::chrono::nanoseconds delay_of(StoreCall call, std::uint64_t number) const;
  /// Whether there is an outage now.
  bool is_away() const;

 private:
  static constexpr std::size_t kCalls = static_cast<std::size_t>(StoreCall::kWakeUp) + 1;

  bool has_faults(StoreCall call) const {
    return plan_.calls.empty() || plan_.calls.contains(call);
  }
  double draw(StoreCall call, std::uint64_t number, std::uint64_t what) const;
  void hold_up(std::chrono::nanoseconds duration);

  const FaultPlan plan_;
  const Clock& clock_;
  const std::chrono::nanoseconds started_at_;
  std::array<std::atomic<std::uint64_t>, kCalls> counts_{};
  Mutex mutex_;
  CondVar nobody_signals_;
};

}  // namespace stint::fault
