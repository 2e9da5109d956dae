/// The tables of a store: found, made, brought up to date.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "backends/sqlite/connection.hpp"
#include "backends/sqlite/location.hpp"
#include "backends/sqlite/turn.hpp"
#include "core/store.hpp"

namespace stint::sqlite {

/// Read the number of the newest migration applied; 0: the file is empty. Throws Error
/// (kConfiguration) if it holds something else.
int schema_version(Connection& connection);
/// The newest migration that this program knows.
int newest_schema_version();
/// Bring the tables to the newest version. Takes the turn for each migration; safe to run from
/// several programs at once. Returns the names of those applied. Throws Error (kConfiguration) if
/// the tables are newer than this program knows.
/// `turn_limit`: how long to wait for the turn at most; 0: as long as it takes.
std::vector<std::string> migrate_schema(Connection& connection, Turn& turn,
                                        std::chrono::nanoseconds turn_limit = {});

/// Find the file of a `sqlite:` URL, making it where there is none, and bring its tables to the
/// newest version. `turn_limit` as above. Throws Error.
Location prepare_tables(std::string_view url, std::chrono::nanoseconds turn_limit = {});

class Schema final : public StoreSchema {
 public:
  /// Reach the tables of a `sqlite:` URL.
  explicit Schema(const StoreOptions& options);
  /// Reach those of a database that is open; `make_turn` is called before the first write.
  Schema(Connection connection, std::function<std::shared_ptr<Turn>()> make_turn);

  int version() override { return schema_version(connection_); }
  int newest_version() const override { return newest_schema_version(); }
  std::vector<std::string> migrate(const MigrateOptions& /*options*/) override {
    return migrate_schema(connection_, *make_turn_());
  }
  std::string migration_script() override;
  void reset() override;
  std::string grant_script(StoreGrant what, std::string_view role) override;
  void grant(StoreGrant what, std::string_view role) override { grant_script(what, role); }

 private:
  explicit Schema(const Location& location);

  Connection connection_;
  const std::function<std::shared_ptr<Turn>()> make_turn_;
};

}  // namespace stint::sqlite
