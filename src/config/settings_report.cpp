#include "config/settings_report.hpp"
#include <set>
#include <utility>
#include "base/log.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "config/setting_value.hpp"
#include "config/settings_state.hpp"

namespace stint {
namespace {

struct Row {
  std::string key;
  const SettingSpec* spec;
  const SettingEntry* entry;
};

// Every key that is known or has a value, once. Below a `*` those that have a value.
std::vector<Row> rows(const detail::SettingsState& state) {
  std::vector<Row> result;
  std::set<std::string, std::less<>> seen;
  const auto add = [&](const std::string& key, const SettingSpec* spec) {
    if (!seen.insert(key).second) return;
    const auto found = state.values.find(key);
    result.push_back({key, spec, found == state.values.end() ? nullptr : &found->second});
  };
  for (const SettingSpec& spec : state.known.specs()) {
    if (!spec.key.ends_with(".*")) {
      add(spec.key, &spec);
      continue;
    }
    const std::string prefix = spec.key.substr(0, spec.key.size() - 1);
    for (auto it = state.values.lower_bound(prefix);
         it != state.values.end() && it->first.starts_with(prefix); ++it) {
      add(it->first, state.known.find(it->first));
    }
  }
  for (const auto& [key, entry] : state.values) add(key, state.known.find(key));
  return result;
}

json shown(const Row& row) {
  if (row.entry == nullptr) return nullptr;
  // Of a key that nobody declared, the name is all there is to tell a secret by.
  const bool secret = row.spec != nullptr ? row.spec->secret : names_a_secret(row.key);
  return redacted_value(row.entry->value, secret);
}

// Lists and tables hold texts of other people's too: what is no UTF-8 must not stop the report.
std::string text_of(const json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return escape_controls(value.get_ref<const std::string&>());
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string variable_of(const Row& row, const KnownSettings& known) {
  std::string variable = environment_twin(row.key);
  return known.key_of(variable) == row.key ? variable : std::string{};
}

}  // namespace

std::vector<SettingLine> setting_lines(const Settings& settings) {
  std::vector<SettingLine> lines;
  for (const Row& row : rows(settings.state())) {
    lines.push_back({.key = escape_controls(sanitize_text(row.key)),
                     .value = text_of(shown(row)),
                     .source = settings.source(row.key),
                     .help = row.spec != nullptr ? row.spec->help : std::string{},
                     .variable = variable_of(row, settings.state().known),
                     .is_set = row.entry != nullptr});
  }
  return lines;
}

json settings_json(const Settings& settings) {
  json list = json::array();
  for (const Row& row : rows(settings.state())) {
    list.push_back({{"key", sanitize_text(row.key)},
                    {"value", shown(row)},
                    {"source", settings.source(row.key)},
                    {"help", row.spec != nullptr ? row.spec->help : std::string{}},
                    {"variable", variable_of(row, settings.state().known)}});
  }
  return list;
}

}  // namespace stint
