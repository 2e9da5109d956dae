#include "base/version.hpp"
#include "stint_generated/version.hpp"

namespace stint {

std::string_view version() noexcept { return kVersion; }

}  // namespace stint
