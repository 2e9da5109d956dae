#include "backends/influxdb/line_protocol.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>
#include <fmt/format.h>
#include "base/utf8.hpp"

namespace stint::influxdb {
namespace {

constexpr std::string_view kSpecialInName = ", ";
constexpr std::string_view kSpecialInTag = ", =";
constexpr std::array<std::string_view, 3> kReserved = {"time", "_field", "_measurement"};

std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : sanitize_text(text)) {
    if (c == '\n' || c == '\r') {
      result += "\\ ";
    } else {
      if (special.find(c) != std::string_view::npos) result += '\\';
      result += c;
    }
  }
  // It would escape what separates this from the next.
  if (result.ends_with('\\')) result.back() = '/';
  return result;
}

// InfluxDB 1.x takes a name with a backslash before a comma or a blank, and never finds it again.
std::string measurement(std::string name) {
  std::ranges::replace(name, '\\', '/');
  if (name.starts_with('#')) name.front() = '_';
  return escaped(name, kSpecialInName);
}

std::string tag_name(const std::string& name) {
  for (const std::string_view reserved : kReserved) {
    if (name == reserved) return name + "_";
  }
  return name;
}

}  // namespace

std::optional<std::string> line_of(const Metric& metric) {
  if (metric.name.empty() || !std::isfinite(metric.value)) return std::nullopt;
  std::string line = measurement(metric.name);
  // In order, as the server likes them best.
  std::map<std::string, std::string> tags;
  for (const auto& [name, value] : metric.tags) {
    if (name.empty() || value.empty()) continue;
    tags[escaped(tag_name(name), kSpecialInTag)] = escaped(value, kSpecialInTag);
  }
  for (const auto& [name, value] : tags) line += fmt::format(",{}={}", name, value);
  line += fmt::format(" value={}", metric.value);
  if (metric.time) {
    const auto since =
        std::chrono::duration_cast<std::chrono::nanoseconds>(metric.time->time_since_epoch());
    line += fmt::format(" {}", since.count());
  }
  return line + "\n";
}

std::string lines_of(std::span<const Metric> metrics) {
  std::string lines;
  for (const Metric& metric : metrics) {
    if (const auto line = line_of(metric)) lines += *line;
  }
  return lines;
}

}  // namespace stint::influxdb
