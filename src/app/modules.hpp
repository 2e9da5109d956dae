/// Which module files a program loads: those that its line and its settings name.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>
#include "stint/module_definition.hpp"
#include "stint/settings.hpp"

namespace stint {

/// How the program came to its settings file.
enum class SettingsFile : std::uint8_t {
  kNamed,  ///< or there is none, or it is the user's own
  kFound,  ///< it just lay in the working folder
};

/// The folders that modules may be loaded from: `[modules] directories`, or that of the program's
/// installation and that of the user. Adds a line for each problem.
std::vector<std::string> module_folders(const Settings& settings, SettingsFile file,
                                        std::vector<std::string>& problems);

/// Load what `[modules] load` and `asked` (names or paths) name, each file once, and return their
/// modules in this order. Adds a line for each problem, also for a module of a name that is one of
/// `own` or in another file.
std::vector<ModuleDefinition> load_modules(const Settings& settings, SettingsFile file,
                                           std::span<const std::string> asked,
                                           std::span<const ModuleDefinition> own,
                                           std::vector<std::string>& problems);

}  // namespace stint
