#pragma once

#include <string_view>

namespace stint {

/// Return the version of this library, as "1.2.3". The text lasts as long as the program.
[[nodiscard]] std::string_view version() noexcept;

}  // namespace stint
