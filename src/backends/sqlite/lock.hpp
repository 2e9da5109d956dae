/// One-instance locks in a file of SQLite.
#pragma once
#include <memory>
#include "backends/sqlite/boot_time.hpp"
#include "stint/lock_backend.hpp"

namespace stint::sqlite {

/// Keep the lock in the table one_instance_lock of a store's file, which is made where there is
/// none: for processes of one machine. Settings: `url` (by default that of the default store).
/// Nothing is opened here. Throws Error kConfiguration.
std::unique_ptr<LockBackend> make_sqlite_lock(const BackendOptions& options);
/// The same with another clock, for tests.
std::unique_ptr<LockBackend> make_sqlite_lock_at(const BackendOptions& options, BootTime boot_time);

}  // namespace stint::sqlite
