#include "backends/prometheus/textfile.hpp"
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>
#include <fmt/format.h>

namespace stint::prometheus {
namespace {

constexpr std::string_view kTypeLine = "# TYPE ";
// One for all: the collector wants the same text in every file that has the name.
constexpr std::string_view kHelp = "Pushed by Stint.";

std::optional<double> number(std::string_view text) {
  double value = 0;
  const char* begin =
      text.data();  // NOLINT(bugprone-suspicious-stringview-data-usage): with its end
  const char* end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string series_of(const std::string& name, const Metric& metric) {
  // A label may stand only once: of two tags with one name the last one stays.
  std::map<std::string, std::string_view> tags;
  for (const auto& [tag, value] : metric.tags) tags[prometheus_name(tag)] = value;
  std::vector<MetricLabel> labels;
  labels.reserve(tags.size());
  for (const auto& [tag, value] : tags) labels.push_back({.name = tag, .value = value});
  return prometheus_series(name, labels);
}

}  // namespace

Textfile Textfile::parse(std::string_view text) {
  Textfile file;
  Family* family = nullptr;
  std::string family_name;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t blank = line.rfind(' ');
    if (blank == std::string_view::npos) continue;
    if (line.starts_with(kTypeLine) && blank > kTypeLine.size()) {
      family_name = line.substr(kTypeLine.size(), blank - kTypeLine.size());
      const bool is_counter = line.substr(blank + 1) == "counter";
      family = &file.families_[family_name];
      family->type = is_counter ? MetricType::kCounter : MetricType::kGauge;
    } else if (family != nullptr && !line.starts_with('#')) {
      const std::string_view series = line.substr(0, blank);
      const auto value = number(line.substr(blank + 1));
      const bool is_of_family = series.substr(0, series.find('{')) == family_name;
      if (value && is_of_family) family->values[std::string{series}] = *value;
    }
  }
  return file;
}

void Textfile::add(const Metric& metric) {
  if (metric.name.empty() || !std::isfinite(metric.value)) return;
  const bool is_counter = metric.kind == MetricKind::kCounter;
  std::string name = prometheus_name(metric.name);
  if (is_counter && !name.ends_with("_total")) name += "_total";
  const auto [found, is_new] = families_.try_emplace(name);
  Family& family = found->second;
  if (is_new || family.values.empty()) {
    family.type = is_counter ? MetricType::kCounter : MetricType::kGauge;
  }
  double& value = family.values[series_of(name, metric)];
  value = is_counter ? value + metric.value : metric.value;
}

std::string Textfile::text() const {
  std::string text;
  for (const auto& [name, family] : families_) {
    if (family.values.empty()) continue;
    text += prometheus_header(name, family.type, kHelp);
    for (const auto& [series, value] : family.values) {
      text += fmt::format("{} {}\n", series, prometheus_number(value));
    }
  }
  return text;
}

}  // namespace stint::prometheus
