/// The table of the keys that the library itself knows.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "stint/setting.hpp"

namespace stint {

/// Every key of the library: type, default, range, help. Defaults that depend on the machine
/// (`node`, `stores.default`) are not in it.
const std::vector<SettingSpec>& builtin_settings();

/// A name at the top of the file that a later version will use. It is refused, not ignored.
struct ReservedSetting {
  std::string_view name;
  std::string_view reason;
};
std::span<const ReservedSetting> reserved_settings();

}  // namespace stint
