/// Settings to be shown: each value with where it came from, secrets hidden.
#pragma once
#include <string>
#include <vector>
#include "stint/json.hpp"
#include "stint/settings.hpp"

namespace stint {

/// One key. All texts are fit to be shown.
struct SettingLine {
  std::string key;
  std::string value;     ///< empty if it has none; secrets and passwords in URLs are ***
  std::string source;    ///< as `Settings::source` says it
  std::string help;      ///< empty of keys that nobody declared
  std::string variable;  ///< the environment twin; empty if no variable is only its own
  bool is_set = false;   ///< it has a value or a default
};

/// List every known key and every other that has a value: the library's in the order of its table,
/// then those of the modules, then the rest.
std::vector<SettingLine> setting_lines(const Settings& settings);

/// The same as a list of objects {key, value, source, help, variable}: values have their own types,
/// null if they have none.
json settings_json(const Settings& settings);

}  // namespace stint
