#include "config/settings_transfer.hpp"
#include <memory>
#include <utility>
#include <vector>
#include "base/wire.hpp"
#include "config/resolve_settings.hpp"
#include "config/settings_state.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int kDeepest = 100;

void write(WireWriter& to, const Pairs& pairs) {
  to.number(std::ssize(pairs));
  for (const auto& [name, value] : pairs) to.string(name).string(value);
}

Pairs read_pairs(WireReader& from) {
  Pairs pairs(static_cast<std::size_t>(from.number()));
  for (auto& [name, value] : pairs) {
    name = from.string();
    value = from.string();
  }
  return pairs;
}

void write(WireWriter& to, const SettingNode& node) {
  to.string(node.source).number(node.is_table ? 1 : 0).string(node.value.dump());
  to.number(std::ssize(node.children));
  for (const auto& [name, child] : node.children) {
    to.string(name);
    write(to, child);
  }
}

SettingNode read_node(WireReader& from, int depth = 0) {
  SettingNode node;
  node.source = from.string();
  node.is_table = from.number() != 0;
  node.value = json::parse(from.string());
  const std::int64_t children = from.number();
  for (std::int64_t i = 0; i < children && depth < kDeepest; ++i) {
    std::string name = from.string();
    node.children.emplace_back(std::move(name), read_node(from, depth + 1));
  }
  return node;
}

}  // namespace

std::string pack_settings(const Settings& settings) {
  const SettingsSources& sources = *settings.state().sources;
  WireWriter to;
  to.string(json(sources.defaults).dump()).string(sources.file_name);
  write(to, sources.file);
  write(to, sources.environment);
  write(to, sources.command_line);
  return to.take();
}

Settings unpack_settings(std::string_view text) {
  auto sources = std::make_shared<SettingsSources>();
  try {
    WireReader from{text};
    sources->defaults = json::parse(from.string()).get<std::map<std::string, json>>();
    sources->file_name = from.string();
    sources->file = read_node(from);
    sources->environment = read_pairs(from);
    sources->command_line = read_pairs(from);
    if (!from.is_good()) throw Error{ErrorCode::kInternal, "cut off"};
  } catch (const std::exception& error) {
    throw Error{ErrorCode::kInternal, std::string{"these are no settings: "} + error.what()};
  }
  std::vector<std::string> problems;
  Settings settings{resolve_settings(std::move(sources), {}, UnknownSettings::kKept, problems)};
  if (!problems.empty()) throw ConfigurationError{std::move(problems)};
  return settings;
}

}  // namespace stint
