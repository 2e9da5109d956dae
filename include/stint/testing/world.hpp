/// A world in memory for tests of tasks and of who enqueues them. Included by `stint/testing.hpp`.
#pragma once
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#include "stint/client.hpp"
#include "stint/json.hpp"
#include "stint/module_definition.hpp"
#include "stint/task.hpp"
#include "stint/types.hpp"

namespace stint::testing {

/// State how a world begins.
struct WorldOptions {
  std::string settings = {};  ///< TOML, as in stint.toml; no other settings are read
  /// The time of its clock at the start.
  std::chrono::system_clock::time_point start =
      std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  std::uint64_t seed = 1;  ///< of what is drawn by chance: the jitter of pauses between attempts
};

/// Say what becomes of a call of the store that is made to fail.
enum class StoreFault : std::uint8_t {
  kBefore,  ///< it does not reach the store: nothing happens
  kAfter,   ///< it takes effect, and the reply is lost: `outcome_unknown()` of a write's error
};

/// A job that was enqueued in a world.
struct EnqueuedJob {
  JobId id;
  std::string task = {};
  json args = nullptr;  ///< defaults filled in
  JobState state = JobState::kQueued;
  int priority = 0;
  std::string domain = {};
  std::chrono::system_clock::time_point run_at = {};  ///< of its next attempt
  int attempts = 0;
  std::vector<std::string> tags = {};
  json metadata = nullptr;  ///< null: none
  std::string error = {};   ///< the message of its last failure
};

/// Hold jobs in memory, with a clock that stands still until it is told to move, and execute them
/// on the thread of the test: no server, no process, no waiting. The rules are the store's and the
/// worker's own, SQLite's in memory.
///
///     stint::testing::World world{{images}};
///     auto job = world.client().enqueue(resize, {.path = "a.png"});
///     world.run_due_jobs();                    // fails once: RetryIn{5min}
///     world.advance(std::chrono::minutes{6});
///     world.run_due_jobs();
///     EXPECT_EQ(job.get().path, "a.png.thumb");
///
/// Members but `client` and `now` are for one thread; what `client` returns is for any. Nothing
/// runs by itself: `get()` of a job that has not ended throws Error kUsage and says what to call,
/// and `wait_for` returns its state at once.
class World final {
 public:
  /// Throws ConfigurationError for settings and modules.
  explicit World(std::initializer_list<ModuleDefinition> modules, const WorldOptions& options = {});
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// A client of the world's store, and its handles: they may outlive the world.
  Client client();

  /// What its clock says: the time of the store, of timeouts, of log lines.
  std::chrono::system_clock::time_point now() const;
  /// Move the clock, not backwards; nothing is executed. A handler may call it too: its timeout
  /// passes by this clock, and so does `job.sleep_for`.
  void advance(std::chrono::nanoseconds duration);

  /// Execute, here and now, all that is due by the clock, in the order of claims (the domains by
  /// name), and what becomes due by that; the clock stands still. What a handler throws ends its
  /// attempt, as in a worker. Returns how many attempts were made. Throws Error kUsage if a handler
  /// calls it, and what the store throws that no second try can mend.
  int run_due_jobs();
  /// Run until every job has ended: execute what is due, move the clock to when the next job is
  /// due, and so on. Returns how many attempts were made. Throws Error kBusy, naming the jobs and
  /// what is in their way, for those that cannot run here, after `longest` by the clock, and after
  /// 10,000 attempts.
  int drain(std::chrono::nanoseconds longest = std::chrono::hours{24} * 30);

  /// Whether a job of this task with these arguments was ever enqueued here, whatever became of it;
  /// defaults are filled in first. Throws Error kInvalid for arguments that the task refuses.
  template <typename Args, typename Result>
  bool was_enqueued(const Task<Args, Result>& task, const std::type_identity_t<Args>& args) {
    return find_enqueued(task.name(), json(args));
  }
  /// The same, whatever its arguments are.
  template <typename Args, typename Result>
  bool was_enqueued(const Task<Args, Result>& task) {
    return find_enqueued(task.name(), std::nullopt);
  }
  bool was_enqueued(std::string_view task, const json& args) { return find_enqueued(task, args); }
  bool was_enqueued(std::string_view task) { return find_enqueued(task, std::nullopt); }
  /// All jobs that were enqueued here, in that order; empty: of all tasks.
  std::vector<EnqueuedJob> enqueued_jobs(std::string_view task = {});

  /// Have the next call of the store fail with kUnavailable: the next of any kind, or of `call` (a
  /// member of the store: "enqueue", "exchange", which claims and completes, "job_states", ...).
  /// Several calls of this wait in line. What fails in `run_due_jobs` is tried again at once, as a
  /// worker does after a pause; looks of the world itself (`was_enqueued`, `report`) do not count.
  /// Throws Error kUsage, with the nearest name, for a call that there is not.
  void fail_next_call(std::string_view call = {}, StoreFault fault = StoreFault::kBefore);

  /// Tell about each job that is not done, why it does not run, its error and its log: for the
  /// message of an assertion.
  std::string report();

 private:
  class Impl;

  bool find_enqueued(std::string_view task, const std::optional<json>& args);

  std::unique_ptr<Impl> impl_;
};

}  // namespace stint::testing
