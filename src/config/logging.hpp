/// Write the library's log lines where `[logging]` says.
#pragma once
#include "stint/settings.hpp"

namespace stint {

/// Apply `[logging]` to the whole process: levels, format, file or standard error, colour. A
/// program's own sink (`set_log_sink`) goes on receiving the lines in their place. May be called
/// again. Throws Error (kConfiguration) if the file cannot be opened; then nothing has changed.
void configure_logging(const Settings& settings);

}  // namespace stint
