/// The backends of `sqlite:` and `memory:` URLs.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include "core/store.hpp"
#include "core/store_inspector.hpp"

namespace stint::sqlite {

/// The embedded store: one file, no server, durable, many programs on one machine. Stores are made
/// and migrated when they are opened.
const StoreBackend& sqlite_backend();

/// The same store in the memory of this process, for tests and rehearsals: nothing of it outlives
/// the process. `memory:` and each `memory:NAME` is one store, whoever in the process opens it.
const StoreBackend& memory_backend();

/// Have this process open no store of `memory:`, for this reason: it is a part of another one whose
/// memory it does not see.
void refuse_memory_stores(std::string reason);

/// Open a store in memory that nobody else can open and that goes with the object.
std::unique_ptr<Store> open_private_memory_store();

/// Look closely at a store of a `sqlite:` URL; opens the file at the first call. Throws Error
/// kConfiguration for a wrong URL.
std::unique_ptr<StoreInspector> open_inspector(std::string_view url);

}  // namespace stint::sqlite
