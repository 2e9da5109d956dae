/// Remove what is past, and tell how full the store is.
#pragma once
#include <span>
#include "backends/postgres/database.hpp"
#include "core/job_records.hpp"

namespace stint::postgres {

/// Remove jobs in batches, and whole partitions once they are empty. Thread-safe.
class Retention final {
 public:
  explicit Retention(Database& database) : database_(database) {}

  int purge_jobs(const PurgeFilter& filter);
  StoreStatus status();

 private:
  int purge(const PurgeFilter& filter, const SqlFile& find, const SqlFile& remove, int limit);
  void drop_partitions();

  Database& database_;
};

}  // namespace stint::postgres
