#include "app/prometheus_text.hpp"
#include <chrono>
#include <fmt/format.h>
#include "base/duration.hpp"

namespace stint {
namespace {}  // namespace

PrometheusText& PrometheusText::begin(std::string_view name, MetricType type,
                                      std::string_view help) {
  name_ = name;
  text_ += prometheus_header(name, type, help);
  return *this;
}

PrometheusText& PrometheusText::value(std::int64_t value,
                                      std::initializer_list<MetricLabel> labels) {
  line("", labels, std::to_string(value));
  return *this;
}

PrometheusText& PrometheusText::value(double value, std::initializer_list<MetricLabel> labels) {
  line("", labels, prometheus_number(value));
  return *this;
}

PrometheusText& PrometheusText::histogram(const HistogramSnapshot& snapshot) {
  std::int64_t so_far = 0;
  for (std::size_t i = 0; i < HistogramSnapshot::kBounds.size(); ++i) {
    so_far += snapshot.buckets[i];
    line("_bucket", {{"le", prometheus_number(in_seconds(HistogramSnapshot::kBounds[i]))}},
         std::to_string(so_far));
  }
  const std::string count = std::to_string(snapshot.count());
  line("_bucket", {{"le", "+Inf"}}, count);
  line("_sum", {}, prometheus_number(in_seconds(snapshot.sum)));
  line("_count", {}, count);
  return *this;
}

void PrometheusText::line(std::string_view suffix, std::initializer_list<MetricLabel> labels,
                          std::string_view value) {
  text_ += prometheus_series(fmt::format("{}{}", name_, suffix), {labels.begin(), labels.size()});
  text_ += fmt::format(" {}\n", value);
}

}  // namespace stint
