/// The session in which tables are made and changed.
#pragma once
#include <string>
#include <string_view>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/connection.hpp"
#include "base/sql_file.hpp"

namespace stint::postgres {

/// A connection outside of pipeline mode, with transactions that are opened and closed by hand.
/// What it has not committed is undone when it ends.
class MigrationSession final {
 public:
  /// `options` must outlive it. Throws Error.
  explicit MigrationSession(const ConnectOptions& options);

  /// Run one or more statements; `name` is for errors. Throws Error.
  void run(const std::string& text, std::string_view name);
  void run(const SqlFile& file);
  /// Try to be the one who migrates this schema, by `lock_migrations` or its twin for sessions.
  bool try_lock(const SqlFile& lock);

 private:
  const ConnectOptions& options_;
  ConnectionPointer connection_;
};

}  // namespace stint::postgres
