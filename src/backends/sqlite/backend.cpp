#include "backends/sqlite/backend.hpp"
#include <array>
#include <utility>
#include "backends/sqlite/inspector.hpp"
#include "backends/sqlite/place.hpp"
#include "backends/sqlite/schema.hpp"
#include "backends/sqlite/store.hpp"

namespace stint::sqlite {

const StoreBackend& sqlite_backend() {
  static constexpr std::array<std::string_view, 1> kSchemes{"sqlite"};
  static const StoreBackend backend{
      .name = "sqlite",
      .schemes = kSchemes,
      .open =
          [](const StoreOptions& options) {
            return std::make_unique<SqliteStore>(open_file_place(options.url));
          },
      .open_schema = [](const StoreOptions& options) { return std::make_unique<Schema>(options); }};
  return backend;
}

const StoreBackend& memory_backend() {
  static constexpr std::array<std::string_view, 1> kSchemes{"memory"};
  static const StoreBackend backend{
      .name = "memory",
      .schemes = kSchemes,
      .open =
          [](const StoreOptions& options) {
            return std::make_unique<SqliteStore>(with_tables(open_memory_place(options.url)));
          },
      .open_schema =
          [](const StoreOptions& options) {
            const Place place = open_memory_place(options.url);
            return std::make_unique<Schema>(Connection{place.path, place.medium},
                                            [turn = place.turn] { return turn; });
          }};
  return backend;
}

void refuse_memory_stores(std::string reason) { refuse_memory_places(std::move(reason)); }

std::unique_ptr<Store> open_private_memory_store() {
  return std::make_unique<SqliteStore>(with_tables(make_private_memory_place()));
}

std::unique_ptr<StoreInspector> open_inspector(std::string_view url) {
  return std::make_unique<SqliteInspector>(url);
}

}  // namespace stint::sqlite
