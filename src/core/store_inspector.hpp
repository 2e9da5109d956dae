/// A close look at a store, for people: why does a job not run, is the database well? Apart from
/// the Store, whose members workers live on: it opens whatever version the tables have, and changes
/// nothing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "core/health_check.hpp"
#include "core/job_records.hpp"

namespace stint {

/// Where a job stands that has not ended.
struct JobPlace {
  StoreTime now;
  int gate = 0;          ///< why it is gated: a mask; 0: no condition
  int lone_crashes = 0;  ///< crashes while it ran alone: these are limited
  std::string abort_message = {};
  std::optional<StoreTime> abort_at = {};
  /// Due jobs of its domain that are claimed before it if a worker has their tasks: those of higher
  /// priority, and the older ones of its own. Counted up to `most`.
  std::int64_t higher = 0;
  std::int64_t older = 0;
  std::int64_t most = 0;
};

/// What a live worker said with its last beat of the tasks that it has.
struct WorkerTasks {
  WorkerId worker;
  std::vector<std::string> tasks;
};

/// Due jobs of one task that wait.
struct WaitingJobs {
  std::string domain;
  std::string task;
  std::string node = {};  ///< empty: any
  std::int64_t jobs = 0;
  StoreTime since;  ///< the earliest run_at
};

/// What a look at the whole queue finds.
struct QueueLook {
  StoreTime now;
  std::vector<WaitingJobs> waiting;
  bool is_cut = false;  ///< more wait than were looked at
  /// What ended within the last hour, the newest of them if there were very many.
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t aborted = 0;
  std::string often_failed = {};  ///< the most frequent cause of failures; empty: none
};

/// Add jobs that ended in one way. In the order of their number: the first cause of failures is the
/// most frequent one.
void add_ended(QueueLook& look, JobState state, std::string_view cause, std::int64_t jobs);

/// Which tables there are.
struct SchemaLook {
  int version = 0;  ///< 0: there are none
  int newest = 0;   ///< that this program knows
  /// The tables are newer, but say that this program can use them.
  bool takes_this_program = false;

  bool is_usable() const { return version > 0 && (version == newest || takes_this_program); }
};

enum class InspectDepth : std::uint8_t {
  kQuick,
  kFull,  ///< reads the whole database where it checks its integrity
};

/// Look at one store. Every call throws Error kUnavailable if the place cannot be reached. One
/// thread.
class StoreInspector {
 public:
  virtual ~StoreInspector() = default;

  /// The versions. Throws kConfiguration if the place holds something else.
  virtual SchemaLook look_at_schema() = 0;
  /// Read the store's clock; nothing where it is this machine's.
  virtual std::optional<StoreTime> read_clock() = 0;
  /// Check what holds the tables: the server, or the file and its disk. What this role may not see
  /// is kUnknown.
  virtual std::vector<HealthCheck> check_place(InspectDepth depth) = 0;

  // The rest needs tables of a version that is usable.

  /// Find where a job stands; nothing if it has ended or is not stored. Counts up to `most` jobs.
  virtual std::optional<JobPlace> find_place(JobId id, int most) = 0;
  /// Those live workers that told of their tasks. A worker of an older version does not.
  virtual std::vector<WorkerTasks> worker_tasks() = 0;
  /// Look at up to `most` due jobs and `most` ends.
  virtual QueueLook look_at_queue(int most) = 0;

  /// Let tests set the store's time; nothing: its own clock again.
  virtual void set_time_for_tests(std::optional<StoreTime> time) = 0;
};

}  // namespace stint
