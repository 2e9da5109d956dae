/// Read the settings and check them: what `stint::load_settings` and the library's own code use.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>
#include "config/resolve_settings.hpp"
#include "stint/module_definition.hpp"
#include "stint/setting.hpp"
#include "stint/settings.hpp"

namespace stint {

/// Read all sources and check them. Adds a line for each problem; if it added any, the result holds
/// what was readable and must not be used but to look for more problems.
Settings read_settings(const LoadOptions& options, std::span<const SettingSpec> declared,
                       UnknownSettings unknown, std::vector<std::string>& problems);

/// Read the settings as `load_settings` does, for modules in a span. Throws ConfigurationError.
Settings load_settings_for(const LoadOptions& options, std::span<const ModuleDefinition> modules);

/// Check settings anew, strictly, now that the keys are known that the program's modules declare:
/// their types, ranges and defaults come in, and what nobody knows is refused. The result is to be
/// used in place of `settings`. Nothing is read again.
Settings check_settings(const Settings& settings, std::span<const SettingSpec> declared,
                        std::vector<std::string>& problems);

/// The same. Throws ConfigurationError with every problem.
[[nodiscard]] Settings check_settings(const Settings& settings,
                                      std::span<const SettingSpec> declared);

/// The state of a Settings that was made of nothing: the defaults alone.
std::shared_ptr<const detail::SettingsState> default_settings_state();

}  // namespace stint
