/// Liveness stamps in a file of SQLite.
#pragma once
#include <memory>
#include "backends/sqlite/boot_time.hpp"
#include "stint/liveness.hpp"

namespace stint::sqlite {

/// Keep the stamps in the table liveness of a store's file. Settings and errors as those of
/// make_sqlite_lock.
std::unique_ptr<LivenessBackend> make_sqlite_liveness(const BackendOptions& options);
std::unique_ptr<LivenessBackend> make_sqlite_liveness_at(const BackendOptions& options,
                                                         BootTime boot_time);

}  // namespace stint::sqlite
