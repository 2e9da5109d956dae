#include "config/setting_node.hpp"

namespace stint {

json SettingNode::to_json() const {
  if (!is_table) return value;
  json table = json::object();
  for (const auto& [name, child] : children) table[name] = child.to_json();
  return table;
}

SettingNode node_from_json(const json& value, const std::string& source) {
  SettingNode node{.source = source, .is_table = value.is_object()};
  if (!node.is_table) {
    node.value = value;
    return node;
  }
  for (const auto& [name, child] : value.items()) {
    node.children.emplace_back(name, node_from_json(child, source));
  }
  return node;
}

}  // namespace stint
