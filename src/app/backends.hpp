/// The table of URL schemes: which backend holds the jobs of a URL.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include "core/store.hpp"
#include "core/store_inspector.hpp"
#include "stint/settings.hpp"

namespace stint {

/// Open the store of a URL, `fault+URL` with the faults that it asks for. Throws Error:
/// kConfiguration for a scheme that nobody has, with the nearest name, and as StoreBackend says.
std::unique_ptr<Store> open_store(const StoreOptions& options);

/// Reach the tables of a store, to make, change or drop them.
std::unique_ptr<StoreSchema> open_schema(const StoreOptions& options);

/// Look closely at the store of a URL, whatever version its tables have. Null: its backend has no
/// such look. Throws Error kConfiguration as above.
std::unique_ptr<StoreInspector> open_inspector(const std::string& store_url);

/// The name of the backend of a URL: "sqlite". Throws Error kConfiguration.
std::string_view backend_name(const std::string& url);

/// Find the URL of a store: `name_or_url` is a URL, a name under `[stores]`, or empty for
/// `[stores] default`, which without an entry is `sqlite:$XDG_STATE_HOME/stint/jobs.db` (by default
/// ~/.local/state). Throws Error (kConfiguration).
std::string resolve_store(const Settings& settings, std::string_view name_or_url = {});

/// Make what gives attempts a transaction on the store of a URL; connects at the first one. Throws
/// Error kConfiguration for a store without, and for a URL that is wrong.
std::unique_ptr<AttemptConnection> open_attempts(const StoreOptions& options);

/// Whether the store of a URL has such transactions.
bool has_attempts(const std::string& url);

/// Whether the store of a URL is in the memory of the process that opens it, so that no other
/// process sees what it holds.
bool is_of_one_process(const std::string& url);

}  // namespace stint
