#include "config/load_settings.hpp"
#include <utility>
#include "core/registry.hpp"
#include "stint/error.hpp"
#include "stint/module_definition.hpp"

namespace stint {

Settings load_settings(std::initializer_list<ModuleDefinition> modules) {
  return load_settings(LoadOptions{}, modules);
}

Settings load_settings(const LoadOptions& options,
                       std::initializer_list<ModuleDefinition> modules) {
  return load_settings_for(options, {modules.begin(), modules.size()});
}

Settings load_settings_for(const LoadOptions& options, std::span<const ModuleDefinition> modules) {
  std::vector<std::string> problems;
  const std::shared_ptr<const Registry> registry = Registry::build(modules, problems);
  const bool strict = !modules.empty();
  Settings settings =
      read_settings(options, registry->settings(),
                    strict ? UnknownSettings::kRefused : UnknownSettings::kKept, problems);
  if (!problems.empty()) throw ConfigurationError{std::move(problems)};
  return settings;
}

}  // namespace stint
