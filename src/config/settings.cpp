#include "stint/settings.hpp"
#include <limits>
#include <fmt/format.h>
#include "config/load_settings.hpp"
#include "config/setting_value.hpp"
#include "config/settings_state.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

const SettingEntry* find_entry(const detail::SettingsState& state, std::string_view key) {
  const auto found = state.values.find(key);
  return found == state.values.end() ? nullptr : &found->second;
}

// The value in the plain form of a type; nothing if the key has none.
std::optional<json> read_as(const detail::SettingsState& state, std::string_view key,
                            SettingType type) {
  const SettingEntry* entry = find_entry(state, key);
  if (entry == nullptr) return std::nullopt;
  if (std::optional<json> value = checked_value({.type = type}, entry->value)) return value;
  const SettingSpec* spec = state.known.find(key);
  const bool secret = spec != nullptr && spec->secret;
  throw Error{ErrorCode::kConfiguration,
              fmt::format("{}: {} is {}, and is read as {}; correct the value, or declare the key "
                          "with its type in a module",
                          entry->source, key, shown_value(entry->value, secret), to_string(type))};
}

}  // namespace

Settings::Settings() : state_(default_settings_state()) {}

Settings::Settings(std::shared_ptr<const detail::SettingsState> state) : state_(std::move(state)) {}

bool Settings::has(std::string_view key) const {
  return find_entry(*state_, key) != nullptr || !names(key).empty();
}

std::string Settings::source(std::string_view key) const {
  const SettingEntry* entry = find_entry(*state_, key);
  return entry == nullptr ? "not set" : entry->source;
}

std::vector<std::string> Settings::names(std::string_view table) const {
  const std::string prefix = std::string{table} + ".";
  std::vector<std::string> result;
  for (auto it = state_->values.lower_bound(prefix);
       it != state_->values.end() && it->first.starts_with(prefix); ++it) {
    const std::string_view rest = std::string_view{it->first}.substr(prefix.size());
    const std::string_view name = rest.substr(0, rest.find('.'));
    if (result.empty() || result.back() != name) result.emplace_back(name);
  }
  return result;
}

const std::string& Settings::file() const { return state_->sources->file_name; }

bool Settings::read(std::string_view key, bool& to) const {
  const std::optional<json> value = read_as(*state_, key, SettingType::kBoolean);
  if (value) to = value->get<bool>();
  return value.has_value();
}

bool Settings::read(std::string_view key, std::int64_t& to) const {
  const std::optional<json> value = read_as(*state_, key, SettingType::kInteger);
  if (value) to = value->get<std::int64_t>();
  return value.has_value();
}

bool Settings::read(std::string_view key, double& to) const {
  const std::optional<json> value = read_as(*state_, key, SettingType::kNumber);
  if (value) to = value->get<double>();
  return value.has_value();
}

bool Settings::read(std::string_view key, std::string& to) const {
  const std::optional<json> value = read_as(*state_, key, SettingType::kString);
  if (value) to = value->get<std::string>();
  return value.has_value();
}

bool Settings::read(std::string_view key, std::vector<std::string>& to) const {
  const std::optional<json> value = read_as(*state_, key, SettingType::kList);
  if (value) to = value->get<std::vector<std::string>>();
  return value.has_value();
}

bool Settings::read(std::string_view key, std::chrono::nanoseconds& to) const {
  const std::optional<json> value = read_as(*state_, key, SettingType::kDuration);
  if (value) to = duration_of(*value).value();
  return value.has_value();
}

bool Settings::read(std::string_view key, json& to) const {
  if (const SettingEntry* entry = find_entry(*state_, key)) {
    to = entry->value;
    return true;
  }
  const std::vector<std::string> children = names(key);
  if (children.empty()) return false;
  to = json::object();
  for (const std::string& name : children) read(std::string{key} + "." + name, to[name]);
  return true;
}

void Settings::throw_not_set(std::string_view key) const {
  const bool known = state_->known.find(key) != nullptr;
  throw Error{
      ErrorCode::kConfiguration,
      known ? fmt::format(
                  "there is no value for {}; set it in stint.toml, or in the environment as {}",
                  key, environment_twin(key))
            : fmt::format("there is no setting \"{}\"{}; declare it in a module with "
                          "m.setting<T>(\"{}\"), or set it in stint.toml",
                          key, state_->known.suggest_key(key), key)};
}

void Settings::throw_out_of_range(std::string_view key, std::int64_t value) const {
  throw Error{
      ErrorCode::kConfiguration,
      fmt::format("{}: {} is {}, too large or too small for the type that reads it; write a "
                  "smaller number, or read it as std::int64_t",
                  source(key), key, value)};
}

}  // namespace stint
