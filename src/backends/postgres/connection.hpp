/// One connection to a server, always in libpq's pipeline mode.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>
#include <libpq-fe.h>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/parameters.hpp"
#include "backends/postgres/result.hpp"
#include "backends/postgres/statements.hpp"
#include "base/sql_file.hpp"

namespace stint::postgres {

/// Close a connection.
struct ConnectionDeleter {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using ConnectionPointer = std::unique_ptr<PGconn, ConnectionDeleter>;

/// Connect, waiting for at most the URL's connect_timeout. Throws Error.
ConnectionPointer connect(const ConnectOptions& options);

/// One statement to run, with its values.
struct Command {
  const SqlFile* file;
  Parameters parameters;
};

/// Run statements. Not thread-safe. Keeps no state in the session, so it works through a pooler
/// that gives each transaction another one; except with `prepare=on`.
class Connection final {
 public:
  /// `options` and `statements` must outlive the connection. Throws Error.
  Connection(const ConnectOptions& options, const Statements& statements);

  /// Run all as one transaction in one round trip. Throws Error; with outcome_unknown() if the
  /// connection broke after everything was sent. One result each, in order.
  std::vector<Result> run(std::span<const Command> commands);

  /// False once the connection broke: throw it away.
  bool usable() const { return usable_; }
  PGconn* raw() const { return connection_.get(); }

 private:
  void send(const Command& command, bool prepare);
  std::vector<Result> receive(std::span<const Command> commands, const std::vector<bool>& prepares);
  std::optional<Error> take_error(PGresult* result, std::string_view statement);
  [[noreturn]] void fail_lost(std::string_view statement, bool in_doubt);

  const ConnectOptions& options_;
  const Statements& statements_;
  ConnectionPointer connection_;
  bool usable_ = true;
  std::unordered_set<std::string_view> prepared_;  // names that the server knows
};

}  // namespace stint::postgres
