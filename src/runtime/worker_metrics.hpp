/// What a worker counts and times of its own work, in memory.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include "core/histogram.hpp"
#include "core/job_records.hpp"

namespace stint {

/// Count up. Any thread may add and read at any time; costs one atomic addition.
class Counter final {
 public:
  void add(std::int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Time things. Any thread may observe and take snapshots at any time, without a lock; a snapshot
/// that is taken meanwhile may miss the newest durations in its sum or in its buckets.
class Histogram final {
 public:
  /// Negative durations count as 0.
  void observe(std::chrono::nanoseconds duration);
  HistogramSnapshot snapshot() const;

 private:
  std::array<std::atomic<std::int64_t>, HistogramSnapshot::kBounds.size() + 1> buckets_ = {};
  std::atomic<std::int64_t> sum_{0};
};

/// How an attempt ended, as the store took it.
enum class AttemptEnd : std::uint8_t {
  kDone,
  kFailed,
  kRejected,
  kSnoozed,
  kInterrupted,
  kAborted,
  kCrashed,
  kNotBegun,  ///< claimed and given back, or aborted, before it began
};
inline constexpr std::array<std::string_view, 8> kAttemptEndNames{
    "done", "failed", "rejected", "snoozed", "interrupted", "aborted", "crashed", "not_begun"};

inline constexpr std::size_t kCacheLine = 64;

/// Everything that one worker counts since its start. Shared by its threads; no member of it ever
/// waits.
class WorkerMetrics final {
 public:
  Counter claimed;
  Counter fenced;  ///< results that the store refused
  Counter exchange_failures;
  // Each on lines of its own: the slots' threads and the exchanger write them all the time.
  alignas(kCacheLine) Histogram wait;      ///< from the moment when a job was due to its start
  alignas(kCacheLine) Histogram run;       ///< from start to end of an attempt
  alignas(kCacheLine) Histogram exchange;  ///< one exchange with the store

  /// Attempts begun: each has waited, and one addition a job is enough.
  std::int64_t begun() const { return wait.snapshot().count(); }
  /// Count one completion that the store accepted.
  void count_end(const Completion& completion);
  std::int64_t ended(AttemptEnd how) const { return ended_[static_cast<std::size_t>(how)].value(); }

 private:
  alignas(kCacheLine) std::array<Counter, kAttemptEndNames.size()> ended_;
};

}  // namespace stint
