/// Metrics as text in the exposition format 0.0.4 of Prometheus.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include "base/prometheus_format.hpp"
#include "runtime/worker_metrics.hpp"

namespace stint {

inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

/// Write families one after the other: `begin` each, then its values. Names must be those of the
/// format ([a-zA-Z_][a-zA-Z0-9_]*), counters' end in `_total`, histograms' in their unit.
class PrometheusText final {
 public:
  PrometheusText& begin(std::string_view name, MetricType type, std::string_view help);
  PrometheusText& value(std::int64_t value, std::initializer_list<MetricLabel> labels = {});
  PrometheusText& value(double value, std::initializer_list<MetricLabel> labels = {});
  /// Add the cumulative buckets up to +Inf, the sum in seconds and the count.
  PrometheusText& histogram(const HistogramSnapshot& snapshot);

  const std::string& str() const { return text_; }

 private:
  void line(std::string_view suffix, std::initializer_list<MetricLabel> labels,
            std::string_view value);

  std::string name_;
  std::string text_;
};

}  // namespace stint
