/// What a file for Prometheus's node_exporter says.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include "base/prometheus_format.hpp"
#include "stint/metrics.hpp"

namespace stint::prometheus {

/// The latest value of every series. A name has one type: that of its first metric.
class Textfile final {
 public:
  Textfile() = default;
  /// Read what `text()` wrote; lines that it would not have written are left out.
  static Textfile parse(std::string_view text);

  /// Take a metric in: a counter is added to what it was. Names and tags get the form that
  /// Prometheus demands, counters end in `_total`.
  void add(const Metric& metric);
  std::string text() const;

 private:
  struct Family {
    MetricType type = MetricType::kGauge;
    std::map<std::string, double> values = {};  // by `name{labels}`
  };

  std::map<std::string, Family> families_;
};

}  // namespace stint::prometheus
