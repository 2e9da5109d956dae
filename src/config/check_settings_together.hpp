/// The rules that look at more than the type and range of one key.
#pragma once
#include <string>
#include <vector>
#include "config/settings_state.hpp"

namespace stint {

/// Check the URLs of stores, the beat against the lease, the form of domains and of the machine's
/// name. Puts the URL in the place of a `stores.default` that names another store. Adds a line for
/// each problem.
void check_settings_together(detail::SettingsState& state, std::vector<std::string>& problems);

}  // namespace stint
