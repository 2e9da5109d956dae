/// The workers of a store: their leases, and what becomes of the jobs of those that are gone.
#pragma once
#include <vector>
#include "backends/postgres/database.hpp"
#include "backends/postgres/notifier.hpp"
#include "core/job_records.hpp"

namespace stint::postgres {

/// Keep the workers' rows. Thread-safe.
class WorkerTable final {
 public:
  WorkerTable(Database& database, Notifier& notifier) : database_(database), notifier_(notifier) {}

  WorkerId add(const WorkerInfo& info);
  bool beat(WorkerId worker, std::string_view counts);
  void retire(WorkerId worker);
  std::vector<WorkerRecord> list(bool alive_only);
  RescueResult rescue(const RescueRequest& request);
  int purge(milliseconds older_than);

 private:
  void notify(const Result& freed);

  Database& database_;
  Notifier& notifier_;
};

}  // namespace stint::postgres
