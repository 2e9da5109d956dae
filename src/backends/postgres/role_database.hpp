/// A database as locks and liveness stamps use it: soon, or not at all.
#pragma once
#include <string>
#include "backends/postgres/database.hpp"
#include "stint/lock_backend.hpp"

namespace stint::postgres {

/// The connections of one role: they only go to a server that can be written to, notice soon that
/// one is dead, and are made anew when they are needed again. Throws Error kConfiguration.
ConnectOptions role_connect_options(const BackendOptions& options);

/// Run single statements, each a transaction of its own that takes no longer than the timeout. Used
/// by one thread at a time.
class RoleDatabase final {
 public:
  explicit RoleDatabase(const BackendOptions& options);

  /// The first call also checks that the tables are there and fit for this program. Throws Error.
  Result run(const SqlFile& file, Parameters parameters, Resend resend);

  const ConnectOptions& options() const { return database_.options(); }

 private:
  Database database_;
  bool is_checked_ = false;
};

}  // namespace stint::postgres
