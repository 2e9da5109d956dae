#include "base/version.hpp"
#include "stint/version.hpp"

namespace stint {

std::string_view version() noexcept { return STINT_VERSION; }

}  // namespace stint
