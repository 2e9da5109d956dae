/// The table of the keys that the library itself knows.
#pragma once
#include <vector>
#include "stint/setting.hpp"

namespace stint {

/// Every key of the library: type, default, range, help. Defaults that depend on the machine
/// (`node`, `stores.default`) are not in it.
const std::vector<SettingSpec>& builtin_settings();

}  // namespace stint
