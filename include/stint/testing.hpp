/// What tests of programs use that have tasks. Not part of `stint.hpp`.
#pragma once
#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include "stint/client.hpp"
#include "stint/module_definition.hpp"
#include "stint/task.hpp"
#include "stint/testing/world.hpp"  // IWYU pragma: export

namespace stint::testing {

/// State what `Workers` starts.
struct WorkersOptions {
  int count = 1;                              ///< workers, each a process
  int slots = 2;                              ///< jobs that each executes at once
  Isolation isolation = Isolation::kProcess;  ///< where tasks run, of each worker
  std::string store = {};     ///< a URL, its tables made already; empty: a new SQLite file
  std::string settings = {};  ///< TOML, as in stint.toml; no other settings are read
  /// The path of a program that ends in `stint::main`; empty: this one, whose main begins with
  /// `stint::serve_slot`.
  std::string program = {};
};

/// Run real workers for one test: processes of their own that can be killed, with process slots,
/// on a store that is the test's own. At the end of the object nothing is left of them, of what
/// they started, nor of the new store; should the test itself die, its workers die with it.
///
///     int main(int argc, char** argv) {
///       stint::serve_slot(argc, argv, {images});  // the workers are this program again
///       ::testing::InitGoogleTest(&argc, argv);
///       return RUN_ALL_TESTS();
///     }
///
/// Workers are numbered from 0. Members but `client` are for one thread.
class Workers final {
 public:
  /// Start the workers and wait until each is ready for jobs. Throws ConfigurationError for
  /// settings and modules, Error kUsage for options, and kUnavailable with what a worker wrote if
  /// it does not get ready.
  explicit Workers(std::initializer_list<ModuleDefinition> modules,
                   const WorkersOptions& options = {});
  ~Workers();  ///< kills what runs
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// A client of the workers' store. It may outlive this object, a store made by it may not.
  Client client();
  const std::string& store_url() const;

  /// Wait until no job runs and none is due; jobs that are scheduled for later do not hold it.
  /// False when `timeout` has passed first, or no worker is left: `report` tells more.
  [[nodiscard]] bool wait_idle(std::chrono::milliseconds timeout = std::chrono::seconds{30});

  /// Kill a worker as `kill -9` does, and all that it started. Returns once they are gone; other
  /// workers then find its jobs.
  void kill(int worker);
  /// Start a worker that was killed or stopped anew, or kill it first, and wait until it is ready.
  void restart(int worker);
  /// Ask all workers to end what they run and leave. False: one did not end with 0 within
  /// `timeout`.
  [[nodiscard]] bool stop(std::chrono::milliseconds timeout = std::chrono::seconds{30});
  bool is_running(int worker) const;

  /// Tell about each job that is not done, with its error and log, and what the workers wrote: for
  /// the message of an assertion.
  std::string report();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stint::testing
