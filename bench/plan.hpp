/// How much is measured, and where.
#pragma once
#include <atomic>
#include <filesystem>
#include <string>

namespace stint::bench {

struct Plan {
  int rounds = 5;
  /// Begin no further round of a figure that would make the whole run longer: a slow disk costs
  /// rounds, not patience.
  double most_seconds = 270;
  int jobs = 20'000;  ///< of each bulk enqueue and drain
  int batch = 100;    ///< jobs that a floor claims and completes at a time
  int bulk = 1000;    ///< jobs that a bulk enqueue inserts in a transaction
  double one_by_one_seconds = 0.5;
  int latency_jobs = 50;     ///< a round
  int kills = 2;             ///< a round, of slot processes
  int aborts = 4;            ///< a round
  int lines = 5000;          ///< that a talking job logs
  int crowd = 0;             ///< jobs that others work beside; 0: left out
  double held_seconds = 10;  ///< how long a transaction is held open beside the work
  bool quick = false;
  std::string only = {};  ///< a regular expression on the names of figures; empty: all
  std::string json_file = {};
  std::filesystem::path folder;   ///< for the files of SQLite, on a real disk
  std::string postgres_url = {};  ///< empty: PostgreSQL is left out
};

/// Set by SIGINT and SIGTERM: the run ends after the round of the present contestant, and tidies
/// up.
extern std::atomic<bool> interrupted;

}  // namespace stint::bench
