/// The process that starts, kills and reaps children for this one.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include "base/unique_fd.hpp"
#include "process/exit_status.hpp"

namespace stint {

/// A program to start.
struct SpawnOptions {
  std::vector<std::string> arguments = {};  ///< argv, from the program's name on; no shell reads it
  std::string executable = {};  ///< the path to execute; empty: `arguments[0]`, looked for in PATH
  /// "NAME=value" each; unset: the environment of this process.
  std::optional<std::vector<std::string>> environment = {};
  std::string working_directory = {};  ///< empty: that of this process
  std::optional<mode_t> umask = {};    ///< unset: that of this process when its keeper was started
  bool no_new_privileges = false;
  std::vector<std::pair<int, std::uint64_t>> limits = {};  ///< RLIMIT_...: soft and hard limit
  /// The child's descriptor and ours that becomes it; all others are closed. 0, 1 and 2 are
  /// /dev/null unless given.
  std::vector<std::pair<int, int>> descriptors = {};
  /// As by `ChildProcess::set_deadline`, from before its first instruction.
  std::optional<std::chrono::nanoseconds> deadline = {};
};

class KeeperLink;
class ChildView;

/// Own a child process, the leader of a process group of its own. Its end kills whatever is left
/// of what it started, detached processes included. All members may be called from any thread.
class ChildProcess final {
 public:
  ~ChildProcess();  ///< kills it if it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const;
  /// Send a signal to the child's process group. No effect once the child has ended: a number that
  /// another process has by now is never hit.
  void signal_group(int signal);
  /// End it for certain: SIGKILL to the group, then to everything that descends from it.
  void kill();
  /// Have it killed, with all that it started, at this time on CLOCK_BOOTTIME unless it has ended;
  /// nothing: not any more. The keeper sees to it, also while this process is stopped or hangs.
  /// Replaces the deadline before; one that has passed kills at once.
  void set_deadline(std::optional<std::chrono::nanoseconds> boot_time);
  /// How it ended; nothing while it runs. By then nothing that it started runs any more.
  std::optional<ExitStatus> status() const;
  /// For poll(): readable for good once `status` has a value.
  int ended_descriptor() const;
  /// Wait for its end. Nothing: `timeout` passed first.
  std::optional<ExitStatus> wait(std::chrono::nanoseconds timeout) const;
  /// See it without owning it.
  ChildView view() const;

 private:
  friend class KeeperLink;
  friend class ChildView;
  struct State;
  explicit ChildProcess(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// See a child process that somebody else owns, and may let go of meanwhile. Thread-safe.
class ChildView final {
 public:
  pid_t pid() const;
  /// Whether it has ended, reaped or not: while it has not, its number belongs to no other process.
  bool has_ended() const;

 private:
  friend class ChildProcess;
  explicit ChildView(std::shared_ptr<ChildProcess::State> state) : state_(std::move(state)) {}
  std::shared_ptr<ChildProcess::State> state_;
};

/// Own the keeper: a process without threads and without user code, which is the parent of all
/// children of this one. It adopts what detaches itself from them, and should this process die, it
/// kills them all and ends. Its children are in its session, without a controlling terminal. It is
/// started by the first `spawn`, by executing this program again: so `run_keeper_if_asked` must be
/// at the beginning of its main. Thread-safe.
class Keeper final {
 public:
  Keeper();
  ~Keeper();  ///< kills all children that are left, and waits for the keeper's end
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Start a program. Throws Error kUnavailable with the program, the cause and errno's text if it
  /// cannot be executed ("no program \"pg_dump\" in PATH") or there are no processes left; its
  /// `native_code` is errno's name ("ENOENT", "EACCES"). `outcome_unknown`: the keeper died in this
  /// very moment, and the program may have run until then.
  std::unique_ptr<ChildProcess> spawn(const SpawnOptions& options);

 private:
  std::unique_ptr<KeeperLink> link_;
};

/// Be the keeper if this program was started as one: then it never returns. Call it before anything
/// else in main; it costs a look at the arguments.
void run_keeper_if_asked(int argc, char** argv);

}  // namespace stint
