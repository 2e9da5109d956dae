/// Make, change and drop the tables.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/database.hpp"
#include "backends/postgres/migration.hpp"
#include "core/store.hpp"

namespace stint::postgres {

/// How many ids a partition holds: make_partition of the first migration.
inline constexpr std::int64_t kIdsOfPartition = 1'000'000;

/// The migrations that this program knows.
MigrationSet known_migrations();

/// The number of the last of them.
int newest_schema_version();

/// Read the version of the tables; 0: there are none. Throws Error kConfiguration if the schema
/// holds other tables.
int read_schema_version(Database& database);

/// Tell whether tables that are newer than a program say that it can use them.
bool takes_programs_of(Database& database, int program_version);

/// Throw Error kConfiguration, naming the command that mends it, unless the tables have exactly the
/// version that these migrations make, or are newer and say that a program of that version can use
/// them.
void check_schema_version(Database& database, MigrationSet migrations = known_migrations());

/// The tables of one schema of one database. Nothing is ever made unasked.
class PostgresSchema final : public StoreSchema {
 public:
  explicit PostgresSchema(ConnectOptions options, MigrationSet migrations = known_migrations())
      : database_(std::move(options)), migrations_(migrations) {}

  int version() override { return read_schema_version(database_); }
  int newest_version() const override { return static_cast<int>(migrations_.size()); }
  std::vector<std::string> migrate(const MigrateOptions& options = {}) override;
  std::string migration_script() override;
  void reset() override;
  std::string grant_script(StoreGrant what, std::string_view role) override;
  void grant(StoreGrant what, std::string_view role) override;

 private:
  Database database_;
  const MigrationSet migrations_;
};

}  // namespace stint::postgres
