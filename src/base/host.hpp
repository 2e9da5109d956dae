/// Who runs this process, and where.
#pragma once
#include <string>

namespace stint {

/// The name of this machine; empty: it has none.
std::string host_name();

/// The name of the user whose rights this process has, or else the number.
std::string user_name();

}  // namespace stint
