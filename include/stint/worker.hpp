/// Execute jobs inside a program of one's own.
#pragma once
#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include "stint/module_definition.hpp"
#include "stint/task.hpp"
#include "stint/worker_event.hpp"

namespace stint {

class Settings;

namespace detail {
class WorkerImpl;
}

/// State what a worker does. What is unset comes from `[worker]` in the settings.
struct WorkerOptions {
  int slots = 0;  ///< jobs executed at once, 1 to 1024; 0: the number of cores
  /// The domains that it serves, each with the greatest number of its slots at once (0: all of
  /// them). Empty: "default".
  std::map<std::string, int> domains = {};
  int max_runs = 0;  ///< end after so many jobs; 0: never
  /// Where tasks run; those that need a process have one anyhow. Unset: `[worker] isolation`.
  std::optional<Isolation> isolation = {};
  /// Hears what the worker does, one event after the other, on a thread of its own: never on one
  /// that executes jobs. The events of one job come in the order in which they happened. The worker
  /// never waits for it: of events that come while 10,000 wait, none is kept, and the next one that
  /// is tells how many are missing. `stop` returns once the events were delivered, but begins no
  /// call more than 5 seconds after the last job's end. What it throws is logged. It must not
  /// destroy the worker, nor stop it.
  std::function<void(const WorkerEvent&)> on_event = {};
};

/// Claim jobs and execute them on threads of this process ("thread slots"). The store, the settings
/// and the modules' declarations are checked by the constructor; nothing runs before `start`.
///
/// A task that ignores its stop keeps its thread: the job fails in the store, a new thread takes
/// the slot, and the old one is left to itself. All members may be called from any thread.
class Worker {
 public:
  /// Throws ConfigurationError with every problem of the settings and the modules.
  Worker(const Settings& settings, std::initializer_list<ModuleDefinition> modules,
         const WorkerOptions& options = {});
  /// Stops as `stop()` does.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Register with the store and begin to claim. Throws Error kUnavailable if the store does not
  /// answer.
  void start();

  /// Claim nothing more, let running jobs end for `grace` (default `worker.drain_timeout`, 25 s),
  /// then stop as `stop()`. Returns true if every job ended by itself.
  bool drain(std::optional<std::chrono::milliseconds> grace = {});

  /// Ask running jobs to stop, give them and the claimed ones back as interrupted, and leave the
  /// store.
  void stop() noexcept;

  /// Claim at most one due job, execute it on the calling thread's watch and complete it. Returns
  /// false if none was due. Not while started.
  bool run_one();

  /// Return once nothing runs here and a full scan claims nothing; scheduled, gated and others'
  /// jobs do not hold it. Returns false when `timeout` passed first (nothing: no limit).
  bool wait_idle(std::optional<std::chrono::milliseconds> timeout = {});

 private:
  std::unique_ptr<detail::WorkerImpl> impl_;
};

}  // namespace stint
