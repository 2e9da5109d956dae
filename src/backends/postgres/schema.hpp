/// Make, change and drop the tables.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/database.hpp"
#include "core/store.hpp"

namespace stint::postgres {

/// The number of the last migration that this program knows.
int newest_schema_version();

/// Read the version of the tables; 0: there are none. Throws Error kConfiguration if the schema
/// holds other tables.
int read_schema_version(Database& database);

/// Throw Error kConfiguration, naming the command that mends it, unless the tables have exactly the
/// version that this program knows.
void check_schema_version(Database& database);

/// The tables of one schema of one database. Nothing is ever made unasked.
class PostgresSchema final : public StoreSchema {
 public:
  explicit PostgresSchema(ConnectOptions options) : database_(std::move(options)) {}

  int version() override { return read_schema_version(database_); }
  int newest_version() const override { return newest_schema_version(); }
  std::vector<std::string> migrate() override;
  std::string migration_script() override;
  void reset() override;
  std::string grant_script(StoreGrant what, std::string_view role) override;
  void grant(StoreGrant what, std::string_view role) override;

 private:
  Database database_;
};

}  // namespace stint::postgres
