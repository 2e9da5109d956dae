/// One-instance locks in PostgreSQL.
#pragma once
#include <memory>
#include "stint/lock_backend.hpp"

namespace stint::postgres {

/// Keep the lock in the table one_instance_lock of a store's schema, which `stint db init` makes.
/// Settings: `url` (by default that of the default store). A connection for requests and, where
/// somebody waits, one that listens; both are made when they are needed. Nothing is asked of the
/// server here. Throws Error kConfiguration.
std::unique_ptr<LockBackend> make_postgres_lock(const BackendOptions& options);

}  // namespace stint::postgres
