/// The command line of stint_bench.
#pragma once
#include <optional>
#include <string>
#include "plan.hpp"

namespace stint::bench {

struct Options {
  Plan plan;
  /// Set in the processes that the bench starts: drain this store as a worker.
  std::string worker_store = {};
};

/// Read the command line and the environment. Returns an exit code in `exit_code` where there is
/// nothing to measure (help, a mistake).
std::optional<Options> read_options(int argc, char** argv, int& exit_code);

}  // namespace stint::bench
