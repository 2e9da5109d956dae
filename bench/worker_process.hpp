/// A worker in a process of its own, and the tasks that the bench runs.
#pragma once
#include <atomic>
#include <chrono>
#include <string>
#include "stint/module_definition.hpp"
#include "stint/settings.hpp"

namespace stint::bench {

/// `noop.run` does nothing; `noop.stamp` notes when it began.
STINT_DECLARE_MODULE(noop);

/// When the last `noop.stamp` of this process began, as a count of std::chrono::steady_clock; 0
/// until then. Whoever sets it to 0 may wait for its change.
extern std::atomic<std::chrono::steady_clock::rep> stamp;

/// The library's defaults for one store, whatever files and variables there are.
Settings settings_for(const std::string& store_url);

/// Drain a store in this process, when standard input says so, and tell the CPU time of it on
/// standard output. The lines: "ready" out, "go" in, "done CPU_SECONDS" out.
int run_worker_process(const std::string& store_url);

}  // namespace stint::bench
