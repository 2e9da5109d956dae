/// What is written about jobs between their start and their end.
#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>
#include "backends/postgres/database.hpp"
#include "backends/postgres/notifier.hpp"
#include "core/job_records.hpp"

namespace stint::postgres {

/// Report activity, keep logs, ask for aborts and stacks. Thread-safe.
class RunningJobs final {
 public:
  RunningJobs(Database& database, Notifier& notifier) : database_(database), notifier_(notifier) {}

  std::vector<WriteResult> report(std::span<const Activity> activities);
  void append_log(std::span<const NewLogLine> lines);
  JobRequests job_requests(WorkerId worker);
  std::optional<JobState> abort(JobId id, std::string_view message);
  std::optional<AskedStacks> ask_stacks(JobId id);

 private:
  Database& database_;
  Notifier& notifier_;
};

}  // namespace stint::postgres
