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

[[noreturn]] void throw_other_type(const detail::SettingsState& state, std::string_view key,
                                   const SettingEntry& entry, std::string_view wanted) {
  const SettingSpec* spec = state.known.find(key);
  const bool secret = spec != nullptr && spec->secret;
  throw Error{ErrorCode::kConfiguration,
              fmt::format("{}: {} is {}, and is read as {}; correct the value, or declare the key "
                          "with its type in a module",
                          entry.source, key, shown_value(entry.value, secret), wanted)};
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
  const SettingEntry* entry = find_entry(*state_, key);
  if (entry == nullptr) return false;
  if (!entry->value.is_boolean()) {
    throw_other_type(*state_, key, *entry, to_string(SettingType::kBoolean));
  }
  to = entry->value.get<bool>();
  return true;
}

bool Settings::read(std::string_view key, std::int64_t& to) const {
  const SettingEntry* entry = find_entry(*state_, key);
  if (entry == nullptr) return false;
  const bool fits = entry->value.is_number_integer() &&
                    !(entry->value.is_number_unsigned() &&
                      !std::in_range<std::int64_t>(entry->value.get<std::uint64_t>()));
  if (!fits) throw_other_type(*state_, key, *entry, to_string(SettingType::kInteger));
  to = entry->value.get<std::int64_t>();
  return true;
}

bool Settings::read(std::string_view key, double& to) const {
  const SettingEntry* entry = find_entry(*state_, key);
  if (entry == nullptr) return false;
  if (!entry->value.is_number()) {
    throw_other_type(*state_, key, *entry, to_string(SettingType::kNumber));
  }
  to = entry->value.get<double>();
  return true;
}

bool Settings::read(std::string_view key, std::string& to) const {
  const SettingEntry* entry = find_entry(*state_, key);
  if (entry == nullptr) return false;
  if (!entry->value.is_string()) {
    throw_other_type(*state_, key, *entry, to_string(SettingType::kString));
  }
  to = entry->value.get<std::string>();
  return true;
}

bool Settings::read(std::string_view key, std::vector<std::string>& to) const {
  const SettingEntry* entry = find_entry(*state_, key);
  if (entry == nullptr) return false;
  const SettingSpec any_list{.type = SettingType::kList};
  if (!checked_value(any_list, entry->value)) {
    throw_other_type(*state_, key, *entry, to_string(SettingType::kList));
  }
  to = entry->value.get<std::vector<std::string>>();
  return true;
}

bool Settings::read(std::string_view key, std::chrono::nanoseconds& to) const {
  const SettingEntry* entry = find_entry(*state_, key);
  if (entry == nullptr) return false;
  const std::optional<std::chrono::nanoseconds> duration = duration_of(entry->value);
  if (!duration) throw_other_type(*state_, key, *entry, to_string(SettingType::kDuration));
  to = *duration;
  return true;
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
