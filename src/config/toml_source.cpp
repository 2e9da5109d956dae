// The only source that knows toml++.
#include <sstream>
#include <fmt/format.h>
#include <toml++/toml.h>
#include "base/log.hpp"
#include "base/utf8.hpp"
#include "config/setting_node.hpp"

namespace stint {
namespace {

json to_json(const toml::node& node) {
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* array = node.as_array()) {
    json list = json::array();
    for (const toml::node& element : *array) list.push_back(to_json(element));
    return list;
  }
  if (const auto* table = node.as_table()) {
    json object = json::object();
    for (const auto& [key, child] : *table) object[std::string{key.str()}] = to_json(child);
    return object;
  }
  // Dates and times: as they are written.
  std::ostringstream text;
  node.visit([&](const auto& concrete) { text << concrete; });
  return text.str();
}

SettingNode to_node(const toml::node& node, const std::string& file_name) {
  SettingNode result{.source = fmt::format("{}:{}", file_name, node.source().begin.line)};
  const auto* table = node.as_table();
  if (table == nullptr) {
    result.value = to_json(node);
    return result;
  }
  result.is_table = true;
  for (const auto& [key, child] : *table) {
    SettingNode named = to_node(child, file_name);
    // A table that only its own tables mention has no place of its own: take the key's.
    if (key.source().begin) named.source = fmt::format("{}:{}", file_name, key.source().begin.line);
    result.children.emplace_back(std::string{key.str()}, std::move(named));
  }
  return result;
}

}  // namespace

std::optional<SettingNode> parse_toml(std::string_view text, const std::string& file_name,
                                      std::vector<std::string>& problems) {
  try {
    return to_node(toml::parse(text), file_name);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    problems.push_back(fmt::format("{}:{}:{}: this is not TOML: {}; correct the line", file_name,
                                   at.line, at.column,
                                   escape_controls(sanitize_text(error.description()))));
    return std::nullopt;
  }
}

}  // namespace stint
