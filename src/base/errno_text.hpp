/// What the system says of an error.
#pragma once
#include <string>
#include <system_error>

namespace stint {

/// The words for a value of `errno`, in English.
inline std::string errno_text(int error) { return std::generic_category().message(error); }

}  // namespace stint
