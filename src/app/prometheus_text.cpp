#include "app/prometheus_text.hpp"
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include "base/utf8.hpp"

namespace stint {
namespace {

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

enum class Quotes : std::uint8_t { kEscaped, kPlain };

// Labels stand in quotes, help does not.
std::string escaped(std::string_view text, Quotes quotes) {
  std::string result;
  for (const char c : sanitize_text(text)) {
    if (c == '\\') {
      result += "\\\\";
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '"' && quotes == Quotes::kEscaped) {
      result += "\\\"";
    } else {
      result += c;
    }
  }
  return result;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

PrometheusText& PrometheusText::begin(std::string_view name, MetricType type,
                                      std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(help, Quotes::kPlain), name,
                       name_of(type));
  return *this;
}

PrometheusText& PrometheusText::value(std::int64_t value,
                                      std::initializer_list<MetricLabel> labels) {
  line("", labels, std::to_string(value));
  return *this;
}

PrometheusText& PrometheusText::value(double value, std::initializer_list<MetricLabel> labels) {
  line("", labels, number(value));
  return *this;
}

PrometheusText& PrometheusText::histogram(const HistogramSnapshot& snapshot) {
  std::int64_t so_far = 0;
  for (std::size_t i = 0; i < HistogramSnapshot::kBounds.size(); ++i) {
    so_far += snapshot.buckets[i];
    line("_bucket", {{"le", number(seconds(HistogramSnapshot::kBounds[i]))}},
         std::to_string(so_far));
  }
  const std::string count = std::to_string(snapshot.count());
  line("_bucket", {{"le", "+Inf"}}, count);
  line("_sum", {}, number(seconds(snapshot.sum)));
  line("_count", {}, count);
  return *this;
}

void PrometheusText::line(std::string_view suffix, std::initializer_list<MetricLabel> labels,
                          std::string_view value) {
  text_ += fmt::format("{}{}", name_, suffix);
  char separator = '{';
  for (const MetricLabel& label : labels) {
    text_ +=
        fmt::format("{}{}=\"{}\"", separator, label.name, escaped(label.value, Quotes::kEscaped));
    separator = ',';
  }
  if (labels.size() > 0) text_ += '}';
  text_ += fmt::format(" {}\n", value);
}

}  // namespace stint
