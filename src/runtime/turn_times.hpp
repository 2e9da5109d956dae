/// Whether the loops of a process come round.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include "base/clock.hpp"

namespace stint {

/// When a loop means to come round again, which it says before it waits or works. Written by the
/// thread of the loop, read by any.
class TurnTime final {
 public:
  /// It comes round at this moment of the boot clock at the latest, and takes little from there.
  void comes_by(std::chrono::nanoseconds boot_time) noexcept { by_.store(boot_time.count()); }
  /// It waits until it is told, or for the store, or has ended: nothing is expected of it.
  void rests() noexcept { by_.store(kNever); }

  /// How much later than it said it is now; negative: nothing is wrong.
  std::chrono::nanoseconds lateness(std::chrono::nanoseconds boot_now) const noexcept {
    const std::int64_t by = by_.load();
    return by == kNever ? std::chrono::nanoseconds::min() : boot_now - std::chrono::nanoseconds{by};
  }

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::atomic<std::int64_t> by_{kNever};
};

/// As long as it lives, its loop is in a call of the store and not late. How long such a call takes
/// is no sign of a hang: one that waits for a lock is waited for without limit, and whether the
/// server still lives is the store's to watch. Of the thread of the loop; not to be nested.
class StoreWait final {
 public:
  /// `turn` may be null: then it does nothing.
  StoreWait(TurnTime* turn, const Clock& clock) noexcept : turn_(turn), clock_(clock) {
    if (turn_ != nullptr) turn_->rests();
  }
  /// From here on the loop is to come round again.
  ~StoreWait() {
    if (turn_ != nullptr) turn_->comes_by(clock_.boot_now());
  }
  StoreWait(const StoreWait&) = delete;
  StoreWait& operator=(const StoreWait&) = delete;

 private:
  TurnTime* const turn_;
  const Clock& clock_;
};

/// The loops of a worker.
enum class WorkerLoop : std::uint8_t { kExchanger, kHeartbeat, kWatcher, kRescuer };

inline constexpr std::array<const char*, 4> kWorkerLoopNames{"exchanger", "heartbeat", "watcher",
                                                             "rescuer"};

/// The loop of a worker that is latest, and by how much.
struct LateLoop {
  const char* name = "";
  std::chrono::nanoseconds lateness{};
};

/// The turns of a worker's loops. Thread-safe.
class WorkerTurns final {
 public:
  TurnTime& of(WorkerLoop loop) { return times_.at(static_cast<std::size_t>(loop)); }
  /// Which loop is latest. While all is well its lateness is negative or next to nothing.
  LateLoop latest(std::chrono::nanoseconds boot_now) const noexcept {
    LateLoop found{.lateness = std::chrono::nanoseconds::min()};
    for (std::size_t i = 0; i < times_.size(); ++i) {
      const auto lateness = times_[i].lateness(boot_now);
      if (lateness > found.lateness) found = {.name = kWorkerLoopNames[i], .lateness = lateness};
    }
    return found;
  }

 private:
  std::array<TurnTime, kWorkerLoopNames.size()> times_{};
};

}  // namespace stint
