/// Put jobs into the store.
#pragma once
#include <cstdint>
#include <span>
#include <vector>
#include "backends/postgres/database.hpp"
#include "backends/postgres/notifier.hpp"
#include "base/mutex.hpp"
#include "core/job_records.hpp"

namespace stint::postgres {

/// Hold ids of jobs that were reserved and not yet used. Blocks grow with use, so that a program
/// that enqueues one job does not waste a thousand short numbers. Thread-safe.
class IdSource final {
 public:
  explicit IdSource(Database& database) : database_(database) {}

  /// Return so many ids, growing. Asks the server for what is missing.
  std::vector<std::int64_t> take(std::size_t count);
  /// How many to reserve along with an enqueue of `count` jobs, so that the next one finds its ids
  /// without asking; 0: none.
  int worth_reserving(std::size_t count);
  /// Keep what was reserved along, and see to it that its partitions exist.
  void put(const Result& reserved);
  /// Forget all: their partition is gone.
  void discard();

 private:
  void keep(const Result& reserved);
  void make_partitions(std::int64_t largest_id);

  Database& database_;
  Mutex mutex_;
  std::int64_t made_partition_ STINT_GUARDED_BY(mutex_) = -1;  // the newest one known to exist
  std::vector<std::int64_t> ids_ STINT_GUARDED_BY(mutex_);     // the smallest at the back
  int block_ STINT_GUARDED_BY(mutex_) = 1;
};

/// Insert jobs. Thread-safe.
class Enqueuer final {
 public:
  Enqueuer(Database& database, Notifier& notifier)
      : database_(database), notifier_(notifier), ids_(database) {}

  std::vector<Enqueued> enqueue(std::span<const NewJob> jobs);

 private:
  /// One try; nothing if a key's job was purged in between: try again.
  std::optional<std::vector<Enqueued>> try_enqueue(std::span<const NewJob> jobs,
                                                   std::span<const std::int64_t> ids);
  /// Insert jobs without keys, sending them again after a lost connection. No results: an earlier
  /// send had been committed.
  std::vector<Result> insert(std::span<const Command> commands);
  void notify(std::span<const NewJob> jobs, std::span<const Enqueued> enqueued);

  Database& database_;
  Notifier& notifier_;
  IdSource ids_;
};

}  // namespace stint::postgres
