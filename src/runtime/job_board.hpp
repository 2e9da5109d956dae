/// What a worker has in hand: claimed jobs that wait for a slot, and ended ones that wait to be
/// written.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/job_records.hpp"

namespace stint {

/// A domain that a worker serves, and the greatest number of its slots at once.
struct DomainShare {
  std::string name;
  int most = 0;  ///< 0: no limit but the slots
};

/// Of which tasks jobs may be claimed before a slot is free for them.
enum class ClaimsAhead : std::uint8_t {
  kAll,
  kSome,  ///< not of those with a transaction
  kNone,
};

struct BoardOptions {
  int slots = 1;
  std::vector<DomainShare> domains = {{.name = "default"}};
  int largest_batch = 256;         ///< claimed or completed in one exchange
  std::int64_t allowed_runs = -1;  ///< -1: no limit
  /// Each job has a process of its own: one that crashed before endangers no other.
  bool is_isolated = false;
  ClaimsAhead claims_ahead = ClaimsAhead::kAll;
};

/// One exchange to make: what to complete and what to claim.
struct ExchangePlan {
  std::vector<Completion> completions;
  std::size_t domain = 0;  ///< index of the domain to claim from
  int claim_limit = 0;     ///< 0: claim nothing
  bool is_ahead = false;   ///< claim only of the tasks whose jobs may wait for a slot
  std::uint64_t scan = 0;  ///< of the board, when the plan was made
  bool is_scanned = true;  ///< false: the claim was left out, so that no reply says anything
};

/// Be the meeting place of slots, exchangers and the watcher. Thread-safe. Decides how many jobs
/// are claimed: as many as the slots can begin within about 50 ms, so that quick jobs travel in
/// large batches and long jobs are never held by a worker that cannot begin them.
class JobBoard final {
 public:
  JobBoard(BoardOptions options, const Clock& clock, std::function<void()> interrupt_exchanger);

  // --- Slots ------------------------------------------------------------------------------------

  /// Wait for a job that may begin now. Nothing: the board was closed.
  std::optional<ClaimedJob> take_job();
  /// Jobs taken along with another.
  struct Ahead {
    std::vector<ClaimedJob> jobs = {};
    std::uint64_t claims = 0;  ///< for `put_back`
  };
  /// After `take_job`, take more that the same slot executes one after the other, without waiting:
  /// at most `most`, its share of what waits, and only the first ones that all fit. None where the
  /// runs are counted.
  Ahead take_ahead(int most, const std::function<bool(const ClaimedJob&)>& fits);
  /// Return the last of them, which have not begun and will not. What was dropped meanwhile
  /// (`drop_claimed`) is forgotten.
  void put_back(std::span<const ClaimedJob> jobs, std::uint64_t claims);
  /// Hand in the end of a job that `take_job` gave. `took` counts towards the batch size. One that
  /// is written already only frees the slot.
  void finish(const ClaimedJob& job, Completion completion, std::chrono::nanoseconds took);
  /// A job that will never be completed by this worker: fenced, or its right was lost.
  void drop(const ClaimedJob& job);
  /// Wait until the store has the end of a job of an `at_most_once` task that was handed in. False:
  /// nobody writes it any more.
  bool wait_written(const ClaimedJob& job);

  // --- Exchangers -------------------------------------------------------------------------------

  /// Say what to exchange now; nothing if there is nothing to do. `is_main` is the exchanger that
  /// also waits for events; others only help when there is much to write.
  std::optional<ExchangePlan> plan_exchange(bool is_main);
  /// Take in the reply. `is_own` tells whether the worker that claimed is still registered; if not,
  /// what it claimed goes back.
  void merge(const ExchangePlan& plan, Exchange reply, bool is_own);
  /// The exchange failed and had no effect: keep the completions.
  void undo(ExchangePlan plan);
  /// Wait until there may be something for a helping exchanger. False: closed and all is written.
  bool wait_for_help_wanted();
  /// Look for jobs again: an event came or a poll is due.
  void expect_jobs();
  /// How long the main exchanger may wait before it must look again by itself; by the first pending
  /// completion, or the poll's back-off.
  std::chrono::nanoseconds longest_wait();

  // --- Watcher, session, worker -----------------------------------------------------------------

  /// Jobs may begin until then on the boot clock.
  void set_lease(std::chrono::nanoseconds until);
  /// Forget claimed jobs that have not begun: they were given to others.
  void drop_claimed();
  /// Take out claimed jobs that have not begun and complete them with `outcome`.
  void end_claimed(const std::vector<AbortRequest>& aborts);
  /// Give claimed jobs back if none could begin for `patience`.
  void give_back_stuck(std::chrono::nanoseconds patience);

  /// Allow so many more runs. With none allowed, what has not begun goes back.
  void allow_runs(std::int64_t runs);
  /// Claim nothing more and give back what has not begun.
  void stop_claiming();
  /// Let slots and exchangers end once everything is written.
  void close();
  bool is_closed();
  /// Let those go who wait for writes: no exchanger is left.
  void give_up_writes();

  struct Standing {
    bool is_idle = false;       ///< nothing here, and a full scan found nothing
    bool is_exhausted = false;  ///< no run allowed any more, nothing here
    bool is_empty = false;      ///< nothing runs, waits or is being written
    bool is_closed = false;     ///< it was told to end
    int running = 0;            ///< jobs in slots
    int waiting = 0;            ///< slots that wait for a job
    std::int64_t begun = 0;     ///< jobs begun since the start
  };
  Standing standing();
  /// Wait until `is_met` holds of the standing (it is called under the board's lock); false when
  /// `deadline` on the boot clock passed first.
  bool wait_until(const std::function<bool(const Standing&)>& is_met,
                  std::optional<std::chrono::nanoseconds> deadline);

 private:
  struct Domain {
    DomainShare share;
    int held = 0;           ///< claimed or being claimed
    bool is_empty = false;  ///< a scan found nothing
    bool is_proven = true;  ///< that it was a full one
    /// When the next claim shall be of all tasks, if not of all jobs are claimed ahead.
    std::chrono::nanoseconds all_tasks_at{0};
  };
  struct Claim {
    std::size_t domain = 0;
    int limit = 0;
    bool is_ahead = false;
  };

  int in_hand() const STINT_REQUIRES(mutex_);
  int wanted(const Domain& domain, bool is_ahead) const STINT_REQUIRES(mutex_);
  int prefetch() const STINT_REQUIRES(mutex_);
  bool is_next_ahead(const Domain& domain) const STINT_REQUIRES(mutex_);
  std::optional<Claim> next_claim(bool with_completions) STINT_REQUIRES(mutex_);
  bool may_linger() const STINT_REQUIRES(mutex_);
  bool help_wanted() const STINT_REQUIRES(mutex_);
  bool all_proven_empty() const STINT_REQUIRES(mutex_);
  Standing standing_locked() const STINT_REQUIRES(mutex_);
  void give_back_claimed() STINT_REQUIRES(mutex_);
  void give_back(const ClaimedJob& job) STINT_REQUIRES(mutex_);
  void add_completion(Completion completion) STINT_REQUIRES(mutex_);
  void expect_more() STINT_REQUIRES(mutex_);
  void release(const std::string& domain, int jobs) STINT_REQUIRES(mutex_);
  void changed() STINT_REQUIRES(mutex_);

  const BoardOptions options_;
  const Clock& clock_;
  const std::function<void()> interrupt_exchanger_;

  Mutex mutex_;
  CondVar work_;     // slots: a job may be ready
  CondVar help_;     // helping exchangers
  CondVar changed_;  // who waits for a standing
  std::deque<ClaimedJob> ready_ STINT_GUARDED_BY(mutex_);
  std::deque<ClaimedJob> lone_ STINT_GUARDED_BY(mutex_);  // crashed before: must run alone
  std::vector<Completion> completions_ STINT_GUARDED_BY(mutex_);
  std::set<StartedJob> unwritten_ STINT_GUARDED_BY(mutex_);  // ended, of tasks at most once
  std::chrono::nanoseconds oldest_completion_ STINT_GUARDED_BY(mutex_){0};
  std::vector<Domain> domains_ STINT_GUARDED_BY(mutex_);
  std::size_t next_domain_ STINT_GUARDED_BY(mutex_) = 0;
  std::uint64_t claims_dropped_ STINT_GUARDED_BY(mutex_) = 0;  // how often
  std::uint64_t scan_ STINT_GUARDED_BY(mutex_) = 0;  // grows whenever jobs are expected anew
  int polls_ STINT_GUARDED_BY(mutex_) = 0;           // fruitless scans in a row
  int running_ STINT_GUARDED_BY(mutex_) = 0;
  int waiting_slots_ STINT_GUARDED_BY(mutex_) = 0;
  int claiming_ STINT_GUARDED_BY(mutex_) = 0;
  int exchanges_ STINT_GUARDED_BY(mutex_) = 0;
  bool lone_runs_ STINT_GUARDED_BY(mutex_) = false;
  bool main_waits_ STINT_GUARDED_BY(mutex_) = false;
  bool claims_ STINT_GUARDED_BY(mutex_) = true;
  bool closed_ STINT_GUARDED_BY(mutex_) = false;
  bool gave_up_writes_ STINT_GUARDED_BY(mutex_) = false;
  std::int64_t allowed_runs_ STINT_GUARDED_BY(mutex_);
  std::int64_t begun_ STINT_GUARDED_BY(mutex_) = 0;
  std::chrono::nanoseconds lease_until_ STINT_GUARDED_BY(mutex_){0};
  std::chrono::nanoseconds last_begin_ STINT_GUARDED_BY(mutex_){0};
  double average_seconds_ STINT_GUARDED_BY(mutex_) = -1;  // of a job; below 0: none has ended yet
};

}  // namespace stint
