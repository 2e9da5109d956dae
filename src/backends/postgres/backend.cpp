#include "backends/postgres/backend.hpp"
#include <array>
#include <memory>
#include <string_view>
#include "backends/postgres/attempts.hpp"
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/inspector.hpp"
#include "backends/postgres/schema.hpp"
#include "backends/postgres/store.hpp"

namespace stint::postgres {

const StoreBackend& postgres_backend() {
  static constexpr std::array<std::string_view, 2> kSchemes{"postgresql", "postgres"};
  static const StoreBackend backend{
      .name = "postgresql",
      .schemes = kSchemes,
      .open = [](const StoreOptions& options) -> std::unique_ptr<Store> {
        return std::make_unique<PostgresStore>(parse_connect_options(options.url), options.notice);
      },
      .open_schema = [](const StoreOptions& options) -> std::unique_ptr<StoreSchema> {
        return std::make_unique<PostgresSchema>(parse_connect_options(options.url));
      },
      .open_attempts = [](const StoreOptions& options) -> std::unique_ptr<AttemptConnection> {
        return std::make_unique<PostgresAttempts>(parse_connect_options(options.url));
      },
  };
  return backend;
}

std::unique_ptr<StoreInspector> open_inspector(std::string_view url) {
  return std::make_unique<PostgresInspector>(parse_connect_options(url));
}

}  // namespace stint::postgres
