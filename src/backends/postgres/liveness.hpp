/// Liveness stamps in PostgreSQL.
#pragma once
#include <memory>
#include "stint/liveness.hpp"

namespace stint::postgres {

/// Keep the stamps in the table liveness of a store's schema. Settings and errors as those of
/// make_postgres_lock.
std::unique_ptr<LivenessBackend> make_postgres_liveness(const BackendOptions& options);

}  // namespace stint::postgres
