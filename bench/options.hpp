/// The command line of stint_bench.
#pragma once
#include <optional>
#include <string>
#include "plan.hpp"
#include "worker_process.hpp"

namespace stint::bench {

struct Options {
  Plan plan;
  /// Its store is set in the processes that the bench starts: be a worker.
  WorkerTask worker = {};
};

/// Read the command line and the environment. Returns an exit code in `exit_code` where there is
/// nothing to measure (help, a mistake).
std::optional<Options> read_options(int argc, char** argv, int& exit_code);

}  // namespace stint::bench
