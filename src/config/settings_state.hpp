/// What a `Settings` holds: the sources as they were read, and the values that came of them.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "config/known_settings.hpp"
#include "config/setting_node.hpp"
#include "core/command_task.hpp"
#include "stint/settings.hpp"

namespace stint {

/// Everything that was read, kept so that the settings can be checked anew when a program's own
/// keys are known.
struct SettingsSources {
  std::map<std::string, json> defaults = {};  ///< those that depend on the machine
  std::string file_name = {};                 ///< empty: no file
  SettingNode file = {.is_table = true};
  std::vector<std::pair<std::string, std::string>> environment = {};   ///< STINT_* and their texts
  std::vector<std::pair<std::string, std::string>> command_line = {};  ///< keys and their texts
};

/// One value, in the plain form of `checked_value` if its key is known, and where it came from.
struct SettingEntry {
  json value;
  std::string source;
};

namespace detail {

/// Immutable once a Settings has it.
struct SettingsState {
  std::shared_ptr<const SettingsSources> sources;
  KnownSettings known;
  std::map<std::string, SettingEntry, std::less<>> values = {};
  std::vector<CommandTask> commands = {};  ///< the tasks below `[tasks]`
};

}  // namespace detail
}  // namespace stint
