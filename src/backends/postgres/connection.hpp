/// One connection to a server, always in libpq's pipeline mode.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>
#include <libpq-fe.h>
#include "backends/postgres/answer_watch.hpp"
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/parameters.hpp"
#include "backends/postgres/result.hpp"
#include "backends/postgres/statements.hpp"
#include "base/sql_file.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {

/// Close a connection.
struct ConnectionDeleter {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using ConnectionPointer = std::unique_ptr<PGconn, ConnectionDeleter>;

/// Connect, waiting for at most the URL's connect_timeout or the request_timeout. Of several hosts
/// one may take all of the latter: who tries again then begins with the next. Throws Error.
ConnectionPointer connect(const ConnectOptions& options);

/// One statement to run, with its values.
struct Command {
  const SqlFile* file;
  Parameters parameters;
};

/// The hot statements: to plan one takes longer than to execute it. So they are planned once for a
/// session, for all values, and must have a plan that serves any state of the tables.
inline constexpr std::array kPlannedOnce{
    &sql::claim,        &sql::claim_from_marks, &sql::complete_done, &sql::complete_other,
    &sql::enqueue,      &sql::enqueue_mixed,    &sql::notify,        &sql::commit_quickly,
    &sql::enqueue_one,  &sql::request_limits,   &sql::acquire_lock,  &sql::renew_lock,
    &sql::release_lock, &sql::read_lock,        &sql::write_liveness};

/// Run statements. Not thread-safe. Where the session is this connection's own, the hot statements
/// are planned once; behind a pooler, that may give each transaction another session, no state is
/// kept in it.
class Connection final {
 public:
  /// `options` and `statements` must outlive the connection. Throws Error.
  Connection(const ConnectOptions& options, const Statements& statements);

  /// Run all as one transaction in one round trip. Throws Error; with outcome_unknown() if the
  /// connection broke after everything was sent. One result each, in order.
  std::vector<Result> run(std::span<const Command> commands);

  /// Its place in the order in which this program's connections were opened.
  std::uint64_t number() const { return number_; }
  /// The number of the newest connection that is open or was.
  static std::uint64_t newest() { return newest_number().load(); }

  /// Whether the session is our own, and not one that a pooler hands out.
  bool is_direct() const { return is_direct_; }

  /// False once the connection broke: throw it away.
  bool usable() const { return usable_; }
  PGconn* raw() const { return connection_.get(); }

 private:
  static std::atomic<std::uint64_t>& newest_number();

  /// A command of a pipeline, and how it is sent.
  struct Sending {
    const Command* command;
    bool is_named;  // planned once for the session
    bool prepares;  // now: at its first use
  };

  bool names_statements() const;
  bool ask_whether_direct();
  std::vector<Sending> plan(std::span<const Command> commands) const;
  void send(const Sending& sending);
  std::vector<Result> receive(std::span<const Sending> sendings);
  /// Wait for the next result. Throws Error if the connection is dead.
  ResultPointer next_result(std::string_view statement);
  std::optional<Error> take_error(PGresult* result, std::string_view statement);
  [[noreturn]] void fail_lost(std::string_view statement, bool in_doubt,
                              std::string_view cause = {});

  const ConnectOptions& options_;
  const Statements& statements_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  ConnectionPointer connection_;
  AnswerWatch watch_;
  const bool is_direct_;
  const bool names_statements_;
  const Command limits_;     // how long the statements of a request may take
  bool has_limits_ = false;  // the session has been told
  const std::uint64_t number_;
  bool usable_ = true;
  std::unordered_set<std::string_view> prepared_;  // names that the server knows
};

}  // namespace stint::postgres
