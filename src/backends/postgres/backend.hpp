/// PostgreSQL as a backend: what the table of URL schemes takes up.
#pragma once
#include <memory>
#include <string_view>
#include "core/store.hpp"
#include "core/store_inspector.hpp"

namespace stint::postgres {

/// The backend for postgresql:// and postgres://. Lives as long as the program.
const StoreBackend& postgres_backend();

/// Look closely at a store of a URL; connects at the first call. Throws Error kConfiguration for a
/// wrong URL.
std::unique_ptr<StoreInspector> open_inspector(std::string_view url);

}  // namespace stint::postgres
