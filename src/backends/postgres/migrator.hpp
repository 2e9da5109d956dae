/// Bring the tables of a store to a newer version while others use them.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include "backends/postgres/database.hpp"
#include "backends/postgres/migration.hpp"
#include "backends/postgres/migration_session.hpp"
#include "core/store.hpp"

namespace stint::postgres {

/// Apply migrations, one program at a time. No statement waits for a lock for longer than
/// `kLockTimeout`: whoever comes behind it in the lock's queue waits as long. What did not get its
/// lock is undone and tried again after a pause, until the patience has passed.
class Migrator final {
 public:
  static constexpr milliseconds kLockTimeout{400};

  /// All must outlive the migrator.
  Migrator(Database& database, MigrationSet migrations, const MigrateOptions& options);

  /// Returns the names of those applied. Throws Error; kBusy once the patience has passed.
  std::vector<std::string> run();

 private:
  enum class Step : std::uint8_t { kApplied, kNothingLeft, kOthersMigrate };

  Step try_next(std::string& name);
  void apply(MigrationSession& session, const Migration& migration, bool is_first);
  Step apply_outside(MigrationSession& session, const Migration& migration);
  void drop_invalid_indexes(MigrationSession& session);
  void note(MigrationSession& session, const Migration& migration);
  /// Wait before the next try. Throws kBusy if there is none.
  void rest(const std::string& obstacle);
  std::string lock_holder();

  Database& database_;
  const MigrationSet migrations_;
  const MigrateOptions& options_;
  std::chrono::nanoseconds give_up_at_{0};
  std::chrono::nanoseconds pause_{0};
  std::string told_;
};

/// The text that notes that a migration was applied, and the one that bounds the waits of its
/// transaction: for scripts that people run.
std::string note_script(const Migration& migration, std::string_view schema);
std::string lock_timeout_script();

}  // namespace stint::postgres
