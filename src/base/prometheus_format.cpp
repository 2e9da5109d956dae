#include "base/prometheus_format.hpp"
#include <cmath>
#include <fmt/format.h>
#include "base/characters.hpp"
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

bool may_begin_name(char c) { return is_letter(c) || c == '_'; }

}  // namespace

std::string prometheus_header(std::string_view name, MetricType type, std::string_view help) {
  return fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(help, Quotes::kPlain), name,
                     name_of(type));
}

std::string prometheus_series(std::string_view name, std::span<const MetricLabel> labels) {
  std::string text{name};
  char separator = '{';
  for (const MetricLabel& label : labels) {
    text +=
        fmt::format("{}{}=\"{}\"", separator, label.name, escaped(label.value, Quotes::kEscaped));
    separator = ',';
  }
  if (!labels.empty()) text += '}';
  return text;
}

std::string prometheus_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string prometheus_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (is_digit && name.empty()) name += '_';
    name += may_begin_name(c) || is_digit ? c : '_';
  }
  return name.empty() ? "_" : name;
}

}  // namespace stint
