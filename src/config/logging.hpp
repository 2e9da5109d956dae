/// Write the library's log lines where `[logging]` says.
#pragma once
#include "stint/settings.hpp"

namespace stint {

/// Apply `[logging]` to the whole process: levels, format, outputs (standard error, a file that
/// is rotated, syslog, the journal), colour. A program's own sink (`set_log_sink`) goes on
/// receiving the lines in their place. May be called again. Throws Error (kConfiguration) if an
/// output cannot be opened; then nothing has changed.
void configure_logging(const Settings& settings);

}  // namespace stint
