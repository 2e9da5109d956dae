#include "backends/statsd/statsd_packets.hpp"
#include <cmath>
#include <string_view>
#include <utility>
#include <fmt/format.h>
#include "base/utf8.hpp"

namespace stint::statsd {
namespace {

constexpr double kMillisecondsInSecond = 1000;

std::string plain(std::string_view text, std::string_view special) {
  std::string result = sanitize_text(text);
  for (char& c : result) {
    if (static_cast<unsigned char>(c) <= ' ' || special.find(c) != std::string_view::npos) c = '_';
  }
  return result;
}

std::string name_of(const Metric& metric, const std::string& prefix, TagStyle style) {
  constexpr std::string_view kSpecial = ":|@#,";
  std::string name = prefix.empty() ? "" : plain(prefix, kSpecial) + ".";
  name += plain(metric.name, kSpecial);
  if (style == TagStyle::kDogstatsd) return name;
  for (const auto& [tag, value] : metric.tags) {
    // A dot would begin another part of the name.
    if (!value.empty()) name += "." + plain(value, ":|@#,.");
  }
  return name;
}

std::string tags_of(const Metric& metric) {
  std::string tags;
  for (const auto& [name, value] : metric.tags) {
    tags += fmt::format("{}{}:{}", tags.empty() ? "|#" : ",", plain(name, ":|@#,"),
                        plain(value, "|@#,"));
  }
  return tags;
}

std::string line_of(const Metric& metric, const std::string& prefix, TagStyle style) {
  const std::string name = name_of(metric, prefix, style);
  const std::string tags = style == TagStyle::kDogstatsd ? tags_of(metric) : "";
  switch (metric.kind) {
    case MetricKind::kCounter:
      return fmt::format("{}:{}|c{}", name, metric.value, tags);
    case MetricKind::kTimer:
      return fmt::format("{}:{}|ms{}", name, metric.value * kMillisecondsInSecond, tags);
    case MetricKind::kGauge:
      break;
  }
  // A sign means "by so much" to StatsD: begin at 0. DogStatsD takes it as it is.
  const bool is_change = std::signbit(metric.value) && style == TagStyle::kNone;
  const std::string reset = is_change ? fmt::format("{}:0|g\n", name) : "";
  return fmt::format("{}{}:{}|g{}", reset, name, metric.value, tags);
}

}  // namespace

std::vector<std::string> packets_of(std::span<const Metric> metrics, const std::string& prefix,
                                    TagStyle style, std::size_t largest) {
  std::vector<std::string> packets;
  std::string packet;
  for (const Metric& metric : metrics) {
    if (metric.name.empty() || !std::isfinite(metric.value)) continue;
    std::string line = line_of(metric, prefix, style);
    if (!packet.empty() && packet.size() + 1 + line.size() > largest) {
      packets.push_back(std::exchange(packet, {}));
    }
    if (!packet.empty()) packet += '\n';
    packet += line;
  }
  if (!packet.empty()) packets.push_back(std::move(packet));
  return packets;
}

}  // namespace stint::statsd
