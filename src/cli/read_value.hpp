/// Values that options of several commands take.
#pragma once
#include <chrono>
#include <string_view>

namespace stint::cli {

/// Read a duration such as 90s, 1h30m, P1D. Throws Error kUsage that lists the forms.
std::chrono::milliseconds read_duration(std::string_view text);

}  // namespace stint::cli
