/// The backend of `sqlite:` URLs.
#pragma once
#include "core/store.hpp"

namespace stint::sqlite {

/// The embedded store: one file, no server, durable, many programs on one machine. Stores are made
/// and migrated when they are opened.
const StoreBackend& sqlite_backend();

}  // namespace stint::sqlite
