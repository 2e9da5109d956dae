/// What travels between the runtime and a store. JSON is text here: only who needs its content
/// parses it.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include "core/histogram.hpp"
#include "stint/client.hpp"
#include "stint/enqueue.hpp"
#include "stint/types.hpp"

namespace stint {

/// A moment by the store's clock.
using StoreTime = std::chrono::system_clock::time_point;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Rules that the store itself has to know of a job; stored as a bit mask.
struct JobFlags {
  static constexpr int kAtMostOnce = 1;
  static constexpr int kExclusive = 2;
  int mask = 0;

  bool at_most_once() const { return (mask & kAtMostOnce) != 0; }
  bool exclusive() const { return (mask & kExclusive) != 0; }
};

/// One job to insert. Checked already: names, sizes, UTF-8.
struct NewJob {
  std::string task;
  std::string args = "{}";  ///< JSON object; Bytes in it are `{"$stint.bytes": index, "size": n}`
  std::vector<std::string> attachments = {};  ///< the Bytes of `args`, by that index
  std::string domain = "default";
  std::string node = {};  ///< empty: any
  int priority = 0;
  std::optional<StoreTime> run_at = {};  ///< unset: now plus `delay`
  milliseconds delay{0};
  int max_attempts = 1;
  milliseconds timeout{0};  ///< 0: none
  JobFlags flags = {};
  std::string metadata = {};  ///< JSON object; empty: none
  std::vector<std::string> tags = {};
  std::string idempotency_key = {};
};

/// What a worker wants to claim: due jobs of one domain, the highest lane first.
struct ClaimRequest {
  WorkerId worker;
  std::string node;                ///< the worker's own; jobs for another are left alone
  std::vector<std::string> tasks;  ///< the only tasks it has
  std::string domain = "default";
  int limit = 1;  ///< at most so many; >= 1
};

/// A job in a worker's hands. Claimed is not started: the attempt counts once it starts.
struct ClaimedJob {
  JobId id;
  Epoch epoch;
  int attempts = 0;  ///< started before; this one will be attempts + 1
  int failures = 0;  ///< compared with max_attempts
  int crashes = 0;   ///< above 0: must run alone in its worker
  int max_attempts = 1;
  milliseconds timeout{0};
  JobFlags flags = {};
  std::string domain = {};
  std::string task = {};
  std::string args = {};
  bool has_attachments = false;
  std::string metadata = {};  ///< empty: none
  microseconds waited{0};     ///< from its run_at to the claim
  /// When the worker had the claim's reply, on its boot clock; the worker sets it.
  std::chrono::nanoseconds claimed_at{0};
};

/// How an execution ended, as its worker says.
enum class Outcome : std::uint8_t {
  kDone,      ///< final: done
  kFailed,    ///< a failure is counted; queued again after `delay` if failures < max_attempts, else
              ///< final
  kRejected,  ///< final: failed whatever attempts are left
  kSnoozed,   ///< queued again after `delay`; nothing is counted, the attempt's start is taken back
  kInterrupted,  ///< queued again at once; costs nothing (not begun, shutdown, deploy)
  kAborted,      ///< final: aborted
  kCrashed,      ///< the process that ran it alone died: a crash is counted, not a failure; queued
                 ///< again after `delay`, unless it is one too many or the task at most once
};

/// What became of a write for a job.
enum class WriteResult : std::uint8_t {
  kAccepted,
  kFenced,  ///< a newer epoch exists, or the job is no longer running: drop the result
};

/// End one execution. Guarded by (id, epoch, running).
struct Completion {
  JobId id;
  Epoch epoch;
  Outcome outcome = Outcome::kDone;
  bool started = true;           ///< false: it never began (a claimed job given back)
  microseconds ran_for{0};       ///< from start to end
  microseconds ended_before{0};  ///< from the end to this write
  milliseconds delay{0};
  std::string cause =
      {};  ///< of failures and aborts: "error", "rejected", "timeout", "aborted", ...
  std::string error = {};                     ///< JSON {"type", "message", "causes"}; empty: none
  std::string output = {};                    ///< JSON; empty: none
  std::vector<std::string> attachments = {};  ///< the Bytes of `output`
  /// What became of it, if it was written already, in the attempt's own transaction.
  std::optional<WriteResult> written = {};
};

/// The reply to one exchange with the store.
struct Exchange {
  std::vector<WriteResult> completed = {};  ///< one for each completion, in order
  /// What the completions have made of their jobs, in the same order: the state as it is stored,
  /// kQueued for a job that is to be tried again. Nothing for one that was refused.
  std::vector<std::optional<JobState>> states = {};
  std::vector<ClaimedJob> claimed = {};
  /// False: nothing was claimed, and that proves nothing, because only the place was looked at
  /// where jobs are likely. Then look again soon.
  bool looked_everywhere = true;
};

/// What a running job reports between its start and its end. Guarded by (id, epoch, running).
struct Activity {
  JobId id;
  Epoch epoch;
  microseconds running_for{0};          ///< since its start; the store keeps the start
  std::optional<double> progress = {};  ///< 0 to 1
  std::string progress_message = {};
};

/// One line to append to a job's log. Guarded by (id, epoch).
struct NewLogLine {
  JobId job;
  Epoch epoch;
  int attempt = 1;
  LogLevel level = LogLevel::kInfo;
  LogSource source = LogSource::kLog;
  StoreTime at;  ///< by the worker's clock: only shown, nothing is decided by it
  std::string text;
};

/// A stop that somebody asked of a job which a worker holds.
struct AbortRequest {
  JobId id;
  Epoch epoch;
  std::string message = {};
};

/// A look at the stacks of a job that somebody asks of the worker which holds it.
struct StackRequest {
  JobId id;
  Epoch epoch;
  int look = 0;  ///< the newest one asked for; grows with each, from 1
};

/// What is asked of a worker about the jobs that it holds. A request stays until the execution has
/// ended.
struct JobRequests {
  std::vector<AbortRequest> aborts = {};
  std::vector<StackRequest> stacks = {};
};

/// A look at the stacks that was asked for.
struct AskedStacks {
  JobState state = JobState::kRunning;  ///< derived states are told apart
  Epoch epoch = {};
  WorkerId worker = {};
  int look = 0;  ///< 0: it did not run, and nothing was asked for. An answer to a later one will do
  std::int64_t last_line = 0;  ///< of the log: the answer stands behind it
};

/// All that is known of a job.
struct JobRecord {
  JobId id;
  std::string task;
  JobState state = JobState::kQueued;  ///< derived states are told apart
  std::string domain;
  std::string node;
  int priority = 0;
  std::string args;      ///< JSON
  std::string metadata;  ///< JSON; empty: none
  std::vector<std::string> tags;
  std::string idempotency_key;
  int attempts = 0;
  int failures = 0;
  int crashes = 0;
  int interruptions = 0;
  int max_attempts = 1;
  milliseconds timeout{0};
  Epoch epoch;
  StoreTime created_at;
  StoreTime run_at;
  std::optional<StoreTime> started_at;  ///< of the last attempt
  std::optional<StoreTime> finished_at;
  WorkerId worker;
  std::optional<double> progress;
  std::string progress_message;
  std::string cause;   ///< of the last failure or the abort; empty: none
  std::string error;   ///< JSON; empty: none
  std::string output;  ///< JSON; empty: none
};

/// One failed, crashed or rejected attempt.
struct AttemptRecord {
  int attempt = 0;
  Epoch epoch;
  WorkerId worker;
  std::optional<StoreTime> started_at;
  StoreTime ended_at;
  std::string cause;
  std::string error;  ///< JSON; empty: none
};

/// Which jobs to list. Empty members do not filter; the newest id comes first.
struct JobFilter {
  std::vector<JobState> states = {};  ///< stored or derived
  std::string task = {};
  std::string domain = {};
  std::string tag = {};
  std::optional<milliseconds> created_within = {};  ///< before now
  JobId before = {};                                ///< only smaller ids: the next page
  int limit = 100;
  /// Look at no more jobs than so many in one page, whatever the filter: a filter that fits few of
  /// very many jobs may not keep the store busy.
  int most_looked_at = 100'000;
};

/// A part of a list, the newest id first.
struct JobPage {
  std::vector<JobRecord> jobs;
  /// Go on below this id. None: there is nothing more. If it is set while `jobs` holds fewer than
  /// the filter's limit, the page ended because enough jobs had been looked at.
  std::optional<JobId> next;
};

/// Which finished (or, asked for, waiting) jobs to remove.
struct PurgeFilter {
  milliseconds older_than{std::chrono::hours{24}};  ///< since they finished (or were enqueued)
  std::string domain = {};
  bool queued = false;  ///< remove waiting jobs as well
  int limit = 10'000;   ///< at most so many in one call
};

/// How a worker introduces itself.
struct WorkerInfo {
  std::string node = {};
  std::string host = {};
  int pid = 0;
  std::string boot_id = {};
  std::string page = {};  ///< the path of its page file on that machine; empty: none
  int slots = 1;
  std::string domains = {};  ///< "default" or "mail=10,bulk=2"
  std::string version = {};
};

enum class WorkerState : std::uint8_t { kAlive = 1, kStopped = 2, kDead = 3 };

/// A worker as the store has it.
struct WorkerRecord {
  WorkerId id;
  WorkerInfo info;
  WorkerState state = WorkerState::kAlive;
  std::int64_t beat = 0;
  StoreTime started_at;
  StoreTime beat_at;
  int running = 0;  ///< jobs that it holds
};

/// What the dead worker was executing, as its page tells.
struct StartedJob {
  JobId id;
  Epoch epoch;

  friend auto operator<=>(const StartedJob&, const StartedJob&) = default;
};

/// Declare a worker dead and free its jobs.
struct RescueRequest {
  WorkerId worker;
  std::int64_t beat = 0;  ///< the beat that was observed: a worker that moved on is left alone
  /// The jobs that had begun. Unset: the page cannot be read, and all are charged.
  std::optional<std::vector<StartedJob>> started = {};
};

/// What a rescue did.
struct RescueResult {
  bool was_dead = false;  ///< false: the beat had moved on, or another rescued it; nothing was done
  int crashed = 0;        ///< charged with a crash
  int interrupted = 0;    ///< given back free of charge
  int failed = 0;         ///< of those charged: over the crash limit, or at_most_once
};

/// A task as programs have registered it.
struct TaskRecord {
  std::string name;
  std::string specification;  ///< JSON: doc, domain, args, options
  StoreTime registered_at = {};
};

/// How full a store is.
struct StoreStatus {
  std::string backend;
  std::string location;  ///< redacted
  int schema_version = 0;
  int newest_schema_version = 0;  ///< that this program knows
  struct Count {
    std::string domain;
    JobState state;
    std::int64_t jobs = 0;
  };
  std::vector<Count> counts;
  /// The jobs of `counts` that have ended are estimated: there are more than `kMostCounted`.
  bool is_ended_estimated = false;
  /// The longest due queued job of a domain.
  struct Due {
    std::string domain;
    StoreTime since;  ///< its run_at
  };
  std::vector<Due> oldest_due;  ///< of the domains that have a due job, by name
  /// Workers that are known still: retention removes those that ended.
  struct Workers {
    std::int64_t alive = 0;
    std::int64_t stopped = 0;
    std::int64_t dead = 0;
  };
  Workers workers;
  /// What happened within the last minute, as workers tell with their beats: up to
  /// `worker.heartbeat` (10 s) late.
  struct Recent {
    double claimed_per_second = 0;
    double completed_per_second =
        0;                           ///< attempts whose end the store has taken, however they ended
    double failed_per_second = 0;    ///< of those: failed, rejected, crashed
    double enqueued_per_second = 0;  ///< estimated by the ids if there were very many
    std::int64_t fenced = 0;         ///< results that the store refused, within the last minute
    std::int64_t fenced_total = 0;   ///< the same since the start of each worker that is known
    HistogramSnapshot wait = {};     ///< from the moment when a job was due to its start
    HistogramSnapshot run = {};      ///< from the start of an attempt to its end
  };
  Recent recent;
  StoreTime now;

  /// Since when the longest due job of all domains waits; nothing if none is due.
  std::optional<StoreTime> longest_due() const;
};

}  // namespace stint
