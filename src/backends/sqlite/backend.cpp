#include "backends/sqlite/backend.hpp"
#include <array>
#include "backends/sqlite/schema.hpp"
#include "backends/sqlite/store.hpp"

namespace stint::sqlite {

const StoreBackend& sqlite_backend() {
  static constexpr std::array<std::string_view, 1> kSchemes{"sqlite"};
  static const StoreBackend backend{
      .name = "sqlite",
      .schemes = kSchemes,
      .open = [](const StoreOptions& options) { return std::make_unique<SqliteStore>(options); },
      .open_schema = [](const StoreOptions& options) { return std::make_unique<Schema>(options); }};
  return backend;
}

}  // namespace stint::sqlite
