/// One step of the tables from a version to the next.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "base/sql_file.hpp"

namespace stint::postgres {

/// All migrations that a program knows: the n-th makes version n. Never empty. Tests have others.
using MigrationSet = std::span<const SqlFile>;

/// A migration, as its file and the directives in the comment at its head say:
/// `-- oldest-program: N`: programs of version N on keep working with the tables; without it none
/// but those of its own version on.
/// `-- outside-transaction`: its statements run one by one, each committed by itself, and can be
/// repeated (`if not exists`). They take no lock that stops writers.
class Migration final {
 public:
  Migration(int version, const SqlFile& file);

  int version() const { return version_; }
  std::string_view name() const { return file_->name; }
  bool is_outside_transaction() const { return is_outside_transaction_; }
  std::optional<int> oldest_program() const { return oldest_program_; }
  /// The whole text for this schema.
  std::string script(std::string_view schema) const;
  std::vector<std::string> statements(std::string_view schema) const;

 private:
  int version_;
  const SqlFile* file_;
  bool is_outside_transaction_ = false;
  std::optional<int> oldest_program_;
};

/// The migration that makes this version, 1 to the size of the set.
Migration migration_to(MigrationSet migrations, int version);

}  // namespace stint::postgres
