#include <utility>
#include "config/load_settings.hpp"
#include "config/settings_sources.hpp"
#include "stint/error.hpp"

namespace stint {

Settings read_settings(const LoadOptions& options, std::span<const SettingSpec> declared,
                       UnknownSettings unknown, std::vector<std::string>& problems) {
  return Settings{resolve_settings(read_sources(options, problems), declared, unknown, problems)};
}

Settings check_settings(const Settings& settings, std::span<const SettingSpec> declared,
                        std::vector<std::string>& problems) {
  return Settings{
      resolve_settings(settings.state().sources, declared, UnknownSettings::kRefused, problems)};
}

Settings check_settings(const Settings& settings, std::span<const SettingSpec> declared) {
  std::vector<std::string> problems;
  Settings checked = check_settings(settings, declared, problems);
  if (!problems.empty()) throw ConfigurationError{std::move(problems)};
  return checked;
}

std::shared_ptr<const detail::SettingsState> default_settings_state() {
  static const std::shared_ptr<const detail::SettingsState> state = [] {
    std::vector<std::string> none;
    return resolve_settings(
        read_sources({.toml = "", .use_environment = false, .environment = {{}}}, none), {},
        UnknownSettings::kKept, none);
  }();
  return state;
}

}  // namespace stint
