/// Complete executions.
#pragma once
#include <optional>
#include <span>
#include <vector>
#include "backends/sqlite/given_table.hpp"
#include "backends/sqlite/writer.hpp"

namespace stint::sqlite {

/// End executions by the rules of the job's life. Has what the statements that do need: a table and
/// a function. Not thread-safe.
class Completer final {
 public:
  /// `ids` is the connection's table given_ids. The connection must not be used after this object
  /// is gone.
  Completer(Connection& connection, GivenTable& ids);
  Completer(const Completer&) = delete;
  Completer& operator=(const Completer&) = delete;

  /// Return the state that each job has now, in order; nothing for those whose (id, epoch) no
  /// longer runs: they are fenced.
  std::vector<std::optional<JobState>> complete(Transaction& transaction,
                                                std::span<const Completion> completions);

 private:
  static void done_at_place(sqlite3_context* context, int count, sqlite3_value** values);
  void complete_done(Transaction& transaction, std::span<const Completion> completions);

  GivenTable& ids_;
  GivenTable ends_;
  std::vector<std::optional<JobState>> states_;  // after the completions at hand
};

/// Stamp starts and progress of running jobs.
std::vector<WriteResult> report_activities(Transaction& transaction,
                                           std::span<const Activity> activities);

}  // namespace stint::sqlite
