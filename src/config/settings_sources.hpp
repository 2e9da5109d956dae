/// Where settings are read from: the environment and files.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>
#include "config/settings_state.hpp"

namespace stint {

/// Read the file and the variables that `options` ask for. Adds a line for each problem.
std::shared_ptr<const SettingsSources> read_sources(const LoadOptions& options,
                                                    std::vector<std::string>& problems);

}  // namespace stint
