/// Claim due jobs for a worker.
#pragma once
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>
#include "backends/sqlite/given_table.hpp"
#include "backends/sqlite/writer.hpp"

namespace stint::sqlite {

/// Claim jobs, lane by lane. Has the statements' function may_claim(task, node), which says what
/// the worker can run: comparing in C++ costs less than binding its tasks each time. Not
/// thread-safe.
class Claimer final {
 public:
  /// Add the function to the connection, which must not be used after this object is gone. `ids` is
  /// its table given_ids.
  Claimer(Connection& connection, GivenTable& ids);
  Claimer(const Claimer&) = delete;
  Claimer& operator=(const Claimer&) = delete;

  /// Claim from the highest lane that has a due job for the worker. A worker that is not alive gets
  /// none: nobody would rescue them.
  std::vector<ClaimedJob> claim(Transaction& transaction, const ClaimRequest& request);

 private:
  static void may_claim(sqlite3_context* context, int count, sqlite3_value** values);
  void prepare_filter(const ClaimRequest& request);
  std::vector<ClaimedJob> claim_lane(Transaction& transaction, const ClaimRequest& request,
                                     std::int64_t priority);

  GivenTable& ids_;
  std::string node_;
  std::vector<std::string> tasks_;
  std::unordered_set<std::string_view> task_names_;  // into tasks_
};

}  // namespace stint::sqlite
