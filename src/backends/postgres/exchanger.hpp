/// Complete jobs and claim others: the hot path.
#pragma once
#include <atomic>
#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>
#include "backends/postgres/claim_marks.hpp"
#include "backends/postgres/database.hpp"
#include "backends/postgres/exchange_commands.hpp"
#include "backends/postgres/notifier.hpp"
#include "backends/postgres/unconfirmed_completions.hpp"
#include "base/mutex.hpp"
#include "core/job_records.hpp"

namespace stint::postgres {

/// Run exchanges: one transaction and one round trip each. Thread-safe.
///
/// When the connection breaks after the transaction was sent, nobody knows whether it was
/// committed, and it may even still be on its way. Then, at once or with the next call once the
/// server is back:
/// - the claim is revoked: its number is written into the worker's row, on which every claim holds
/// a
///   share lock. So this waits for a transaction that is being made, and one that comes later
///   claims nothing. Jobs that it had claimed are given back as interrupted, with the next epoch.
/// - the completions are sent again. One that is fenced now is looked up by (id, epoch): was it
/// this
///   very completion that took effect, it is accepted.
class Exchanger final {
 public:
  Exchanger(Database& database, Notifier& notifier);

  Exchange exchange(std::span<const Completion> completions, const ClaimRequest* claim);

 private:
  using Clock = ClaimMarks::Clock;
  using Key = std::pair<std::int64_t, std::int64_t>;  // id, epoch
  struct LostClaim {
    WorkerId worker;
    std::int64_t number;
  };

  /// How an exchange is committed, and what was so when it was sent.
  struct Commit {
    bool is_durable;
    std::uint64_t newest;  // connection
    UnconfirmedCompletions::Moment began;
  };
  Commit plan_commit(const ClaimRequest* claim);
  /// Keep what may have to be sent again, and send what has to be.
  void note_commit(const Commit& commit, std::uint64_t connection,
                   std::span<const Completion> completions, bool has_written);

  Exchange try_exchange(std::span<const Completion> completions, const ClaimRequest* claim);
  /// Where a claim begins; empty: at the left edge.
  std::vector<ClaimMark> find_marks(const ClaimRequest* claim);
  /// Learn from a claim how the next one should begin.
  void note_claim(const ClaimRequest& claim, bool from_marks, Clock::duration took,
                  ExchangePlan::Outcome& outcome);
  /// Read what the claim did not hand out.
  void load_details(std::vector<ClaimedJob>& claimed);
  /// Note what an exchange of unknown outcome may have done.
  void note_doubt(std::span<const Completion> completions, const ClaimRequest* claim,
                  std::int64_t number);
  /// Revoke the claims whose replies were lost and give their jobs back.
  void settle_lost_claims();
  /// Turn the fenced completions that are in doubt and did take effect into accepted ones.
  void settle_completions(std::span<const Completion> completions, Exchange& reply);

  Database& database_;
  Notifier& notifier_;
  std::atomic<std::int64_t> next_claim_;
  Mutex mutex_;
  std::vector<LostClaim> lost_claims_ STINT_GUARDED_BY(mutex_);
  std::set<Key> doubtful_ STINT_GUARDED_BY(mutex_);
  ClaimMarks marks_ STINT_GUARDED_BY(mutex_);
  UnconfirmedCompletions unconfirmed_ STINT_GUARDED_BY(mutex_);
  // Jobs of such tasks came: their ends must be on disk before anybody forgets that they began.
  bool has_at_most_once_ STINT_GUARDED_BY(mutex_) = false;
};

}  // namespace stint::postgres
