/// What clients and workers asked of a store and what they were told, written down so that it
/// outlives them: the material of the history checker.
#pragma once
#include <sys/types.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>
#include "core/job_records.hpp"

namespace stint::test {

enum class Action : std::uint8_t {
  kEnqueue,
  kClaim,  ///< one operation for each job of a claim
  kStart,  ///< an execution began; nobody asks the store
  kTold,   ///< the worker was told that the job is to stop
  kComplete,
  kAbort,
  kRetry,
  kRegister,
  kBeat,
  kRescue,
  kRetire,
  kStored,  ///< what the store holds at the end
};

enum class Reply : std::uint8_t {
  kOk,       ///< it happened
  kRefused,  ///< the answer was no: fenced, no such job, not alive; of kStored: it is not there
  kUnknown,  ///< nobody was told: it may have happened at any time since, or not at all
  kFailed,   ///< there was no answer, and it did not happen
};

/// One operation; only what belongs to its action is set.
struct Operation {
  static constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max();

  Action action = Action::kEnqueue;
  Reply reply = Reply::kUnknown;
  std::chrono::nanoseconds invoked{0};        ///< boot time
  std::chrono::nanoseconds returned{kNever};  ///< kNever where the reply is unknown
  pid_t client = 0;                           ///< the thread that asked
  JobId job = {};                             ///< none: not known, or any job, of a claim
  Epoch epoch = {};
  WorkerId worker = {};
  Outcome outcome = Outcome::kDone;    ///< of a completion
  JobState state = JobState::kQueued;  ///< the reply to an abort; what is stored
  WorkerState worker_state = WorkerState::kAlive;
  std::int64_t beat = 0;    ///< of a rescue: that was observed
  std::string name = {};    ///< of an enqueue: the caller's own name for the job; empty: none
  std::string output = {};  ///< of a completion that is done, and as it is stored; shortened
};

/// All of a run.
struct History {
  std::vector<Operation> operations = {};
  /// Every job that was enqueued has to have ended.
  bool is_drained = false;
};

/// Keep of a text what one word of a history can hold.
std::string shortened(const std::string& text);
/// Say what an operation was, for people.
std::string describe(const Operation& operation);

/// Append to a history. Each line is one write, so that a kill leaves whole lines; several threads
/// may write. One file for each process.
class HistoryWriter final {
 public:
  explicit HistoryWriter(const std::string& path);
  ~HistoryWriter();
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  /// Write that an operation is about to be asked for; sets its client and its time. Returns its
  /// number.
  std::int64_t begin(Operation operation);
  /// Write what its reply was: usually one, one a job for a claim. One that has no end is unknown.
  void end(std::int64_t number, const std::vector<Operation>& replies);
  void end(std::int64_t number, const Operation& reply) { end(number, std::vector{reply}); }
  /// Write one that has no duration.
  void note(const Operation& operation) { end(begin(operation), operation); }

 private:
  void write(const std::string& lines) const;

  int descriptor_;
  std::atomic<std::int64_t> last_{0};
};

/// Read the operations of one process. Throws std::runtime_error for a file that is none.
std::vector<Operation> read_history(const std::string& path);

/// What is stored at the end, as an operation that comes after all others.
Operation stored(const JobRecord& job);
Operation stored(const WorkerRecord& worker);

}  // namespace stint::test
