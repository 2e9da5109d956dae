/// What people do to jobs.
#pragma once
#include <span>
#include <vector>
#include "backends/postgres/database.hpp"
#include "backends/postgres/notifier.hpp"
#include "core/job_operations.hpp"

namespace stint::postgres {

/// Retry, change and delete jobs. Thread-safe.
class JobOperations final {
 public:
  /// Both must outlive this object.
  JobOperations(Database& database, Notifier& notifier)
      : database_(database), notifier_(notifier) {}

  // As Store says. A job that somebody moves between its locks here is tried again, in a
  // transaction of its own.
  std::vector<OperationResult> retry(std::span<const JobId> ids, RetryOf which);
  std::vector<OperationResult> update(std::span<const JobUpdate> updates);
  std::vector<OperationResult> remove(std::span<const JobId> ids);

 private:
  /// Run them as one transaction; returns what each has said.
  std::vector<Result> run(std::vector<Command> commands);

  Database& database_;
  Notifier& notifier_;
};

}  // namespace stint::postgres
