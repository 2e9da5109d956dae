// Whatever a metric is called and tagged: one line comes out, and it is read back as what it was.
#include <rapidcheck.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include "backends/influxdb/line_protocol.hpp"
#include "base/utf8.hpp"

namespace stint::influxdb {
namespace {

struct Point {
  std::string name;
  std::map<std::string, std::string> tags;
  std::string fields;
  std::string time;
};

// Up to a separator that no backslash stands before, as the server looks for it.
std::string take(std::string_view& line, std::string_view separators) {
  std::size_t end = 0;
  while (end < line.size() && (separators.find(line[end]) == std::string_view::npos ||
                               (end > 0 && line[end - 1] == '\\'))) {
    ++end;
  }
  std::string piece{line.substr(0, end)};
  line.remove_prefix(end);
  return piece;
}

std::string unescaped(std::string_view text, std::string_view special) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size() &&
                         special.find(text[i + 1]) != std::string_view::npos;
    if (escapes) ++i;
    result += text[i];
  }
  return result;
}

std::optional<Point> parse(std::string_view line) {
  Point point;
  if (line.empty() || line.front() == '#') return std::nullopt;
  point.name = unescaped(take(line, ", "), ", ");
  while (line.starts_with(',')) {
    line.remove_prefix(1);
    const std::string name = unescaped(take(line, ",= "), ",= ");
    if (!line.starts_with('=')) return std::nullopt;
    line.remove_prefix(1);
    const std::string value = unescaped(take(line, ",= "), ",= ");
    if (name.empty() || value.empty() || !point.tags.emplace(name, value).second) {
      return std::nullopt;
    }
  }
  if (!line.starts_with(' ')) return std::nullopt;
  line.remove_prefix(1);
  point.fields = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(point.fields.size() + 1, line.size()));
  point.time = line.substr(0, line.find('\n'));
  return point;
}

std::string text_of(const std::string& characters) {
  return *rc::gen::container<std::string>(rc::gen::elementOf(characters));
}

std::string any_text() {
  if (*rc::gen::arbitrary<bool>()) return text_of("a,= \\#\n\r\"b\t_");
  return *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
}

// What has no escape becomes this.
std::string as_said(const std::string& text) {
  std::string said = sanitize_text(text);
  for (char& c : said) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  if (said.ends_with('\\')) said.back() = '/';
  return said;
}

Metric any_metric() {
  Metric metric{.name = any_text(), .value = *rc::gen::arbitrary<double>()};
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) metric.tags.emplace_back(any_text(), any_text());
  if (*rc::gen::arbitrary<bool>()) {
    metric.time = std::chrono::system_clock::time_point{
        std::chrono::seconds{*rc::gen::inRange(0, 2'000'000'000)}};
  }
  return metric;
}

RC_GTEST_PROP(LineProtocol, IsReadBackAsItWas, ()) {
  const Metric metric = any_metric();
  const auto line = line_of(metric);
  if (!line) {
    RC_ASSERT(metric.name.empty() || !std::isfinite(metric.value));
    return;
  }
  RC_ASSERT(std::ranges::count(*line, '\n') == 1 && line->ends_with('\n'));
  RC_ASSERT(line->find('\r') == std::string::npos);
  const auto point = parse(*line);
  RC_ASSERT(point.has_value());
  std::string name = as_said(metric.name);
  std::ranges::replace(name, '\\', '/');
  if (name.starts_with('#')) name.front() = '_';
  RC_ASSERT(point->name == name);
  std::map<std::string, std::string> tags;
  for (const auto& [tag, value] : metric.tags) {
    if (tag.empty() || value.empty()) continue;
    tags[as_said(tag)] = as_said(value);
  }
  RC_ASSERT(point->tags == tags);
  RC_ASSERT(point->fields.starts_with("value="));
  RC_ASSERT(std::stod(point->fields.substr(6)) == metric.value);
  const std::string time =
      metric.time
          ? std::to_string(std::chrono::nanoseconds{metric.time->time_since_epoch()}.count())
          : "";
  RC_ASSERT(point->time == time);
}

}  // namespace
}  // namespace stint::influxdb
