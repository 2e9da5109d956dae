/// The exposition format 0.0.4 of Prometheus, piece by piece.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace stint {

struct MetricLabel {
  std::string_view name;
  std::string_view value;  ///< any text: it is escaped
};

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

/// Write the two lines above a family: `# HELP` and `# TYPE`.
std::string prometheus_header(std::string_view name, MetricType type, std::string_view help);

/// Write the name of a series: `jobs{domain="mail"}`.
std::string prometheus_series(std::string_view name, std::span<const MetricLabel> labels);

/// Write a number: also `NaN`, `+Inf`, `-Inf`.
std::string prometheus_number(double value);

/// Make a name that the format takes ([a-zA-Z_][a-zA-Z0-9_]*) of any text: all else becomes `_`.
std::string prometheus_name(std::string_view text);

}  // namespace stint
