/// PostgreSQL as a backend: what the table of URL schemes takes up.
#pragma once
#include "core/store.hpp"

namespace stint::postgres {

/// The backend for postgresql:// and postgres://. Lives as long as the program.
const StoreBackend& postgres_backend();

}  // namespace stint::postgres
