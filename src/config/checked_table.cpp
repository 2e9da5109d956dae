#include "config/checked_table.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/log.hpp"
#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "config/setting_value.hpp"

namespace stint {

CheckedTable::CheckedTable(std::string title, const SettingNode& node,
                           std::span<const SettingSpec> keys, std::vector<std::string>& problems)
    : title_(std::move(title)), node_(node), problems_(problems) {
  if (!node.is_table) {
    problem(fmt::format("it is {}; write a table", shown_value(node.value, false)));
    return;
  }
  for (const auto& [key, child] : node.children) take(key, child, keys);
}

void CheckedTable::take(const std::string& key, const SettingNode& child,
                        std::span<const SettingSpec> keys) {
  const auto spec = std::ranges::find(keys, key, &SettingSpec::key);
  if (spec == keys.end()) {
    std::vector<std::string> names;
    for (const SettingSpec& one : keys) names.push_back(one.key);
    problems_.push_back(fmt::format("{}: {}: there is no \"{}\" in it{}; it takes {}", child.source,
                                    title_, escape_controls(sanitize_text(key)),
                                    did_you_mean(key, names), fmt::join(names, ", ")));
    return;
  }
  const json value = child.to_json();
  if (auto checked = checked_value(*spec, value)) {
    values_.emplace(key, *std::move(checked));
  } else {
    problem(key,
            fmt::format("is {}; write {}", shown_value(value, spec->secret), expectation(*spec)));
  }
}

bool CheckedTable::was_given(std::string_view key) const { return node(key) != nullptr; }

const json& CheckedTable::value(std::string_view key) const {
  static const json none;
  const auto found = values_.find(key);
  return found == values_.end() ? none : found->second;
}

const SettingNode* CheckedTable::node(std::string_view key) const {
  for (const auto& [name, child] : node_.children) {
    if (name == key) return &child;
  }
  return nullptr;
}

void CheckedTable::read(std::string_view key, std::chrono::milliseconds& to) const {
  if (const auto duration = duration_of(value(key))) {
    to = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
  }
}

void CheckedTable::problem(std::string_view text) const {
  problems_.push_back(fmt::format("{}: {}: {}", node_.source, title_, text));
}

void CheckedTable::problem(std::string_view key, std::string_view text) const {
  const SettingNode* const child = node(key);
  problems_.push_back(fmt::format("{}: {}.{} {}", child == nullptr ? node_.source : child->source,
                                  title_, key, text));
}

}  // namespace stint
