/// Lay the sources over each other: the command line over the environment over the file over the
/// defaults.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include "config/settings_state.hpp"

namespace stint {

/// What happens to tables and variables that nobody declared.
enum class UnknownSettings : std::uint8_t {
  kRefused,
  kKept,  ///< unchecked, until the program's modules are known
};

/// Compute all values. Adds a line for each problem: key, source, cause and way out.
std::shared_ptr<const detail::SettingsState> resolve_settings(
    std::shared_ptr<const SettingsSources> sources, std::span<const SettingSpec> declared,
    UnknownSettings unknown, std::vector<std::string>& problems);

}  // namespace stint
