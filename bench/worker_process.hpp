/// A worker in a process of its own, and the tasks that the bench runs.
#pragma once
#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>
#include "stint/module_definition.hpp"
#include "stint/settings.hpp"

namespace stint::bench {

/// `noop.run` does nothing, `noop.wait` for 2 ms; `noop.stamp` notes when it began.
STINT_DECLARE_MODULE(noop);

/// When the last `noop.stamp` of this process began, as a count of std::chrono::steady_clock; 0
/// until then. Whoever sets it to 0 may wait for its change.
extern std::atomic<std::chrono::steady_clock::rep> stamp;

/// The library's defaults for one store, whatever files and variables there are. `more` are keys
/// and values.
Settings settings_for(const std::string& store_url,
                      std::vector<std::pair<std::string, std::string>> more = {});

/// What a worker process is to do.
struct WorkerTask {
  std::string store = {};
  std::string isolation = "thread";  ///< or "process"
  int slots = 0;                     ///< 0: the library's default
  bool serves = false;               ///< work until standard input ends, one slot, a short grace
};

/// The grace of a worker that serves.
constexpr std::chrono::milliseconds kServedGrace{300};

/// Drain a store in this process, when standard input says so, and tell the CPU time of it and of
/// its slots on standard output. The lines: "ready" out, "go" in, "done" out, "cpu SECONDS" out. Or
/// serve: "ready" out, and the end of standard input.
int run_worker_process(const WorkerTask& task);

}  // namespace stint::bench
