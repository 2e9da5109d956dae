#include "config/known_settings.hpp"
#include <algorithm>
#include <array>
#include <utility>
#include <fmt/format.h>
#include "base/nearest.hpp"
#include "config/builtin_settings.hpp"
#include "config/setting_value.hpp"
#include "core/task_environment.hpp"

namespace stint {
namespace {

constexpr std::string_view kPrefix = "STINT_";
constexpr std::size_t kLongestKey = 128;

}  // namespace

bool is_of_own_backend(std::string_view key) {
  constexpr std::array<std::string_view, 3> kRoles = {"one_instance.", "liveness.", "metrics."};
  const bool is_role =
      std::ranges::any_of(kRoles, [&](std::string_view role) { return key.starts_with(role); });
  const std::size_t name_end = key.find('.', key.find('.') + 1);
  if (!is_role || name_end == std::string_view::npos) return false;
  const std::string_view table = key.substr(0, name_end + 1);
  return std::ranges::none_of(builtin_settings(), [&](const SettingSpec& builtin) {
    return std::string_view{builtin.key}.starts_with(table);
  });
}

namespace {

// Used by the library's own tests and programs.
constexpr std::array<std::string_view, 2> kSpecialVariables = {"STINT_SETTINGS", "STINT_FULL"};

std::string_view table_of(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
}

std::string_view last_part(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

bool is_well_formed(std::string_view key) {
  if (key.empty() || key.size() > kLongestKey) return false;
  bool at_start = true;  // of a part, which begins with a letter
  for (const char c : key) {
    const bool letter = c >= 'a' && c <= 'z';
    const bool inner = (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (at_start ? !letter : !letter && !inner && c != '.') return false;
    at_start = c == '.';
  }
  return !at_start;
}

bool same_declaration(const SettingSpec& a, const SettingSpec& b) {
  return a.type == b.type && a.required == b.required && a.default_value == b.default_value &&
         a.secret == b.secret && a.minimum == b.minimum && a.maximum == b.maximum &&
         a.choices == b.choices;
}

}  // namespace

std::string environment_twin(std::string_view key) {
  if (key == "stores.default") return "STINT_STORE";
  std::string variable{kPrefix};
  for (const char c : key) {
    if (c >= 'a' && c <= 'z') {
      variable += static_cast<char>(c - 'a' + 'A');
    } else {
      variable += c == '.' || c == '-' ? '_' : c;
    }
  }
  return variable;
}

bool is_special_variable(std::string_view variable) {
  return variable.starts_with("STINT_TEST_") ||
         std::ranges::find(kSpecialVariables, variable) != kSpecialVariables.end() ||
         std::ranges::find(kTaskVariables, variable) != kTaskVariables.end();
}

KnownSettings::KnownSettings(std::span<const SettingSpec> declared,
                             std::vector<std::string>* problems) {
  for (const SettingSpec& spec : builtin_settings()) add(spec);
  const std::size_t builtin_count = specs_.size();
  for (const SettingSpec& spec : declared) {
    const auto twin = by_key_.find(spec.key);
    if (twin != by_key_.end() && twin->second >= builtin_count &&
        same_declaration(specs_[twin->second], spec)) {
      continue;  // two modules share the key
    }
    const std::string reason = refuse(spec);
    if (reason.empty()) {
      add(spec);
    } else if (problems != nullptr) {
      problems->push_back(fmt::format("the declared setting \"{}\" {}", spec.key, reason));
    }
  }
}

void KnownSettings::add(const SettingSpec& spec) {
  by_key_.emplace(spec.key, specs_.size());
  by_variable_.emplace(environment_twin(spec.key), spec.key);
  for (std::string_view table = table_of(spec.key); !table.empty(); table = table_of(table)) {
    by_variable_.emplace(environment_twin(table), std::string{table});
  }
  specs_.push_back(spec);
}

std::string KnownSettings::refuse(const SettingSpec& spec) const {
  if (!is_well_formed(spec.key)) {
    return "has no usable name; write parts of a-z, 0-9, _ and - with dots between, each beginning "
           "with a letter";
  }
  if (std::string reason = refuse_place(spec); !reason.empty()) return reason;
  if (spec.default_value && !checked_value(spec, *spec.default_value)) {
    return fmt::format("has a default that is {}; write {}",
                       shown_value(*spec.default_value, spec.secret), expectation(spec));
  }
  for (const json& choice : spec.choices) {
    SettingSpec unbound = spec;
    unbound.choices.clear();
    if (spec.type == SettingType::kList) unbound.type = SettingType::kString;
    if (!checked_value(unbound, choice)) {
      return fmt::format("has a choice that is {}; write {}", shown_value(choice, spec.secret),
                         expectation(unbound));
    }
  }
  return {};
}

std::string KnownSettings::refuse_place(const SettingSpec& spec) const {
  if (by_key_.contains(spec.key)) return "is declared already; choose another name";
  const std::string_view top = std::string_view{spec.key}.substr(0, spec.key.find('.'));
  const bool is_own_backend = is_of_own_backend(spec.key);
  for (const SettingSpec& builtin : builtin_settings()) {
    if (is_own_backend) break;
    if (std::string_view{builtin.key}.substr(0, builtin.key.find('.')) == top) {
      return fmt::format("stands in \"{}\", which is the library's own; choose another name", top);
    }
  }
  if (is_table(spec.key)) return "is the table of another declared setting; choose another name";
  for (std::string_view table = table_of(spec.key); !table.empty(); table = table_of(table)) {
    if (by_key_.contains(table)) {
      return fmt::format("stands below the declared setting \"{}\"; choose another name", table);
    }
  }
  const std::string variable = environment_twin(spec.key);
  if (const auto other = by_variable_.find(variable); other != by_variable_.end()) {
    return fmt::format("has the same variable {} as \"{}\"; choose another name", variable,
                       other->second);
  }
  if (is_special_variable(variable)) {
    return fmt::format("would have the variable {}, which is used otherwise; choose another name",
                       variable);
  }
  return {};
}

const SettingSpec* KnownSettings::find(std::string_view key) const {
  if (const auto found = by_key_.find(key); found != by_key_.end()) return &specs_[found->second];
  for (std::string_view table = table_of(key); !table.empty(); table = table_of(table)) {
    const auto any = by_key_.find(std::string{table} + ".*");
    if (any != by_key_.end()) return &specs_[any->second];
  }
  return nullptr;
}

bool KnownSettings::is_table(std::string_view key) const {
  const std::string prefix = std::string{key} + ".";
  const auto next = by_key_.lower_bound(prefix);
  return next != by_key_.end() && next->first.starts_with(prefix);
}

std::optional<std::string> KnownSettings::key_of(std::string_view variable) const {
  if (const auto found = by_variable_.find(variable); found != by_variable_.end()) {
    return found->second;
  }
  for (const SettingSpec& spec : specs_) {
    if (!spec.key.ends_with(".*")) continue;
    const std::string_view table = table_of(spec.key);
    const std::string prefix = environment_twin(table) + "_";
    if (!variable.starts_with(prefix) || variable.size() == prefix.size()) continue;
    std::string key = std::string{table} + ".";
    for (const char c : variable.substr(prefix.size())) {
      key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    // A key with a variable of its own (stores.default, STINT_STORE) has no second one.
    if (!by_key_.contains(key)) return key;
  }
  return std::nullopt;
}

std::vector<std::string> KnownSettings::names_below(std::string_view table) const {
  const std::string prefix = table.empty() ? std::string{} : std::string{table} + ".";
  std::vector<std::string> names;
  for (auto it = by_key_.lower_bound(prefix); it != by_key_.end() && it->first.starts_with(prefix);
       ++it) {
    const std::string_view rest = std::string_view{it->first}.substr(prefix.size());
    const std::string name{rest.substr(0, rest.find('.'))};
    if (name != "*" && (names.empty() || names.back() != name)) names.push_back(name);
  }
  return names;
}

std::string KnownSettings::suggest_key(std::string_view key) const {
  const std::string_view table = table_of(key);
  const std::string prefix = table.empty() ? std::string{} : std::string{table} + ".";
  // Only the last part may differ: a long table name must not make everything in it look near.
  const std::vector<std::string> names = names_below(table);
  const std::vector<std::string_view> views{names.begin(), names.end()};
  if (const auto near = nearest(last_part(key), views)) {
    return fmt::format(" (did you mean \"{}{}\"?)", prefix, *near);
  }
  // A key that was forgotten to be put into its table.
  for (const SettingSpec& spec : specs_) {
    if (table.empty() && last_part(spec.key) == key) {
      return fmt::format(" (did you mean \"{}\"?)", spec.key);
    }
  }
  return {};
}

std::string KnownSettings::suggest_variable(std::string_view variable) const {
  if (variable == "STINT_STORES_DEFAULT") return " (did you mean \"STINT_STORE\"?)";
  std::vector<std::string> variables;
  for (const auto& [name, key] : by_variable_) {
    if (!name.ends_with('*')) variables.push_back(name.substr(kPrefix.size()));
  }
  variables.emplace_back("SETTINGS");
  // Without the prefix, which all have: it must not make names look near to each other.
  const std::vector<std::string_view> views{variables.begin(), variables.end()};
  const auto near = nearest(variable.substr(std::min(kPrefix.size(), variable.size())), views);
  return near ? fmt::format(" (did you mean \"{}{}\"?)", kPrefix, *near) : std::string{};
}

}  // namespace stint
