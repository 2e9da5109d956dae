/// Look after what runs: aborts, timeouts, stops that are ignored, looks at stacks, starts and
/// progress to report, logs.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>
#include "base/clock.hpp"
#include "core/store.hpp"
#include "runtime/job_board.hpp"
#include "runtime/log_buffer.hpp"
#include "runtime/session.hpp"
#include "runtime/slots.hpp"
#include "runtime/stack_looks.hpp"
#include "runtime/turn_times.hpp"

namespace stint {

struct WatchOptions {
  /// An abort must reach its job half a second after its commit: the rest is for the look itself.
  std::chrono::nanoseconds abort_look = std::chrono::milliseconds{400};
  /// How long a task may go on after it was asked to stop.
  std::chrono::nanoseconds grace = std::chrono::seconds{5};
  /// A job that runs longer has its start stored.
  std::chrono::nanoseconds report_after = std::chrono::milliseconds{900};
  /// Claimed jobs that cannot begin for so long go back.
  std::chrono::nanoseconds patience = std::chrono::seconds{1};
  /// Hears of each progress that the store has taken. May be empty.
  std::function<void(const ClaimedJob&, const Activity&)> on_progress = {};
};

/// One look after another by one thread; a look does what is due and returns.
class Watcher final {
 public:
  /// `turn` is that of the thread's loop, which waits for the store here; it may be null.
  Watcher(Store& store, JobBoard& board, Slots& slots, LogBuffer& logs, Session& session,
          WatchOptions options, const Clock& clock, TurnTime* turn = nullptr);

  /// Throws Error when the store does not answer; what concerns only this process was done before.
  void look();
  /// How long until the next look is due.
  std::chrono::nanoseconds until_next_look();
  /// The lease was lost: stop the jobs that must not run without it.
  void lease_lost();

 private:
  using Runs = std::vector<std::shared_ptr<JobRun>>;
  void stop_overdue(const Runs& runs);
  void abandon_deaf(const Runs& runs);
  void deliver_requests(const Runs& runs);
  void deliver_aborts(const Runs& runs, const std::vector<AbortRequest>& aborts);
  void look_at_stacks(const Runs& runs, const std::vector<StackRequest>& asked);
  void report(const Runs& runs);
  void write_report(const Runs& runs, std::vector<Activity>& activities);
  JobRequests ask_requests();
  std::vector<WriteResult> send_report(const std::vector<Activity>& activities);
  void flush_logs();

  Store& store_;
  JobBoard& board_;
  Slots& slots_;
  LogBuffer& logs_;
  Session& session_;
  const WatchOptions options_;
  const Clock& clock_;
  TurnTime* const turn_;
  std::set<std::pair<JobId, Epoch>> reported_;        // whose start is stored
  std::map<std::pair<JobId, Epoch>, int> looked_at_;  // the newest look that was begun
  StackLooks stack_looks_;
};

}  // namespace stint
