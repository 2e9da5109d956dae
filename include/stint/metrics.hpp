/// The role of whoever takes metrics: InfluxDB, StatsD, a text file for Prometheus, or your own.
#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stint {

/// How a value is to be read, for sinks that tell apart.
enum class MetricKind : std::uint8_t {
  kGauge,    ///< the latest value counts
  kCounter,  ///< how much was added since the last push
  kTimer,    ///< a duration in seconds
};

/// One value at one moment.
struct Metric {
  std::string name;  ///< "job_duration_seconds"
  double value = 0;  ///< finite
  std::vector<std::pair<std::string, std::string>> tags = {};
  MetricKind kind = MetricKind::kGauge;
  /// When it was so; unset: when it is pushed.
  std::optional<std::chrono::system_clock::time_point> time = {};
};

/// Take metrics. `push` throws Error kUnavailable (retryable: it may work later) and kConfiguration
/// if the server refuses us or the metrics, and returns within about the timeout of its options.
/// Used by one thread at a time.
class MetricsSink {
 public:
  virtual ~MetricsSink() = default;
  virtual void push(std::span<const Metric> metrics) = 0;
};

/// What a task sees: `job.metrics()`. Thread-safe.
class Metrics {
 public:
  virtual ~Metrics() = default;
  /// Have metrics sent, with the tag `task` added. Returns at once: they are sent in the
  /// background, and a server that does not take them is logged and never fails the task. Throws
  /// Error kUsage for a name that is empty, a value that is not finite, and a tag named task, type
  /// or status, which are the library's own.
  virtual void push(std::vector<Metric> metrics) = 0;
  void push(std::string_view name, double value,
            std::vector<std::pair<std::string, std::string>> tags = {}) {
    push({Metric{.name = std::string{name}, .value = value, .tags = std::move(tags)}});
  }
};

}  // namespace stint
