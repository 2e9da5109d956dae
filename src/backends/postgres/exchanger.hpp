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
  using Key = std::pair<std::int64_t, std::int64_t>;  // id, epoch
  struct LostClaim {
    WorkerId worker;
    std::int64_t number;
  };

  Exchange try_exchange(std::span<const Completion> completions, const ClaimRequest* claim);
  /// Where a claim begins; nothing: at the left edge.
  std::optional<ClaimMark> find_mark(const ClaimRequest* claim);
  /// Learn from a claim how the next one should begin.
  void note_claim(const ClaimRequest& claim, bool from_mark, const ExchangePlan::Outcome& outcome);
  /// Note what an exchange of unknown outcome may have done.
  void note_doubt(std::span<const Completion> completions, const ClaimRequest* claim,
                  std::int64_t number);
  /// Revoke the claims whose replies were lost and give their jobs back.
  void settle_lost_claims();
  /// Turn the fenced completions that are in doubt and did take effect into accepted ones.
  void settle_completions(std::span<const Completion> completions,
                          std::vector<WriteResult>& results);

  Database& database_;
  Notifier& notifier_;
  std::atomic<std::int64_t> next_claim_;
  Mutex mutex_;
  std::vector<LostClaim> lost_claims_ STINT_GUARDED_BY(mutex_);
  std::set<Key> doubtful_ STINT_GUARDED_BY(mutex_);
  ClaimMarks marks_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint::postgres
