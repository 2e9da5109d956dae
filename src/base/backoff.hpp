/// Pauses between tries that grow with each failure and differ between processes.
#pragma once
#include <chrono>
#include <cstdint>
#include <random>

namespace stint {

/// How pauses grow.
struct BackoffOptions {
  std::chrono::nanoseconds first = std::chrono::milliseconds{100};  ///< after the first failure
  std::chrono::nanoseconds longest = std::chrono::seconds{5};       ///< never more, jitter included
  double factor = 2;    ///< from one pause to the next; at least 1
  double jitter = 0.2;  ///< drawn from +- this share of the pause; 0 to 1
};

/// Compute the pause after `failures` failures in a row (1 or more). `draw` is a random number from
/// -1 to 1 that picks the place within the jitter. Never negative, never above `options.longest`.
std::chrono::nanoseconds backoff_pause(const BackoffOptions& options, int failures, double draw);

/// Count failures in a row and say how long to pause. Not thread-safe.
class Backoff final {
 public:
  /// Draw from the machine's entropy.
  explicit Backoff(const BackoffOptions& options = {});
  /// Draw reproducibly, for tests.
  Backoff(const BackoffOptions& options, std::uint64_t seed);

  /// Count one more failure and return the pause that follows it.
  std::chrono::nanoseconds next();
  /// Forget the failures: something succeeded.
  void reset() { failures_ = 0; }
  /// Failures since the last success.
  int failures() const { return failures_; }

 private:
  BackoffOptions options_;
  std::minstd_rand random_;
  int failures_ = 0;
};

}  // namespace stint
