#include "backends/postgres/exchanger.hpp"
#include <array>
#include <random>
#include <utility>
#include "backends/postgres/errors.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

// Claims are numbered from a place of its own for each store object, so that two that serve the
// same worker do not meet.
std::int64_t first_claim_number() {
  std::random_device random;
  return (static_cast<std::int64_t>(random() & 0x3FFFFFFFU) << 32U) + 1;
}

constexpr int kMostTries = 2;

}  // namespace

Exchanger::Exchanger(Database& database, Notifier& notifier)
    : database_(database), notifier_(notifier), next_claim_(first_claim_number()) {}

Exchange Exchanger::exchange(std::span<const Completion> completions, const ClaimRequest* claim) {
  if (completions.empty() && claim == nullptr) return {};
  bool in_doubt = false;
  for (int tries = 1;; ++tries) {
    try {
      settle_lost_claims();
      return try_exchange(completions, claim);
    } catch (const Error& error) {
      const bool again = error.outcome_unknown() && tries < kMostTries;
      in_doubt = in_doubt || error.outcome_unknown();
      if (!again && in_doubt) throw with_doubt(error);
      if (!again) throw;
    }
  }
}

Exchange Exchanger::try_exchange(std::span<const Completion> completions,
                                 const ClaimRequest* claim) {
  const std::int64_t number = next_claim_.fetch_add(1);
  const std::optional<ClaimMark> mark = find_mark(claim);
  const ExchangePlan plan(completions, claim, number, mark, database_.test_time());
  std::vector<Result> results;
  try {
    results = database_.run(plan.commands(), Resend::kForbidden);
  } catch (const Error& error) {
    if (error.outcome_unknown()) note_doubt(completions, claim, number);
    throw;
  }
  ExchangePlan::Outcome outcome = plan.read(results);
  try {
    settle_completions(completions, outcome.exchange.completed);
    if (claim != nullptr) note_claim(*claim, mark.has_value(), outcome);
    if (mark && outcome.exchange.claimed.empty()) {
      // Nothing from the mark on says nothing of what is before it.
      outcome.exchange.claimed = try_exchange({}, claim).claimed;
    }
  } catch (const Error& error) {
    // The exchange was committed, but its answer cannot be given yet: the caller will come again.
    note_doubt(completions, claim, number);
    throw with_doubt(error);
  }
  for (const std::string& domain : outcome.requeued) notifier_.notify(domain);
  return std::move(outcome.exchange);
}

std::optional<ClaimMark> Exchanger::find_mark(const ClaimRequest* claim) {
  // A clock that tests move says nothing about how long anything takes.
  if (claim == nullptr || database_.test_time()) return std::nullopt;
  const MutexLock lock(mutex_);
  return marks_.find({claim->worker, claim->domain}, ClaimMarks::Clock::now());
}

void Exchanger::note_claim(const ClaimRequest& claim, bool from_mark,
                           const ExchangePlan::Outcome& outcome) {
  const ClaimMarks::Key key{claim.worker, claim.domain};
  const MutexLock lock(mutex_);
  if (outcome.exchange.claimed.empty()) {
    marks_.forget(key);
  } else if (from_mark) {
    marks_.note_marked(key, outcome.last_claimed);
  } else {
    marks_.note_full(key, outcome.claim_took, outcome.last_claimed, ClaimMarks::Clock::now());
  }
}

void Exchanger::note_doubt(std::span<const Completion> completions, const ClaimRequest* claim,
                           std::int64_t number) {
  MutexLock lock(mutex_);
  if (claim != nullptr) lost_claims_.push_back({claim->worker, number});
  for (const Completion& one : completions) doubtful_.emplace(one.id.value, one.epoch.value);
}

void Exchanger::settle_lost_claims() {
  std::vector<LostClaim> claims;
  {
    MutexLock lock(mutex_);
    claims = lost_claims_;
  }
  for (const LostClaim& lost : claims) {
    Parameters parameters;
    parameters.add(lost.worker).add(lost.number);
    // Two statements: the second must see what the first had to wait for.
    const std::array<Command, 2> commands{
        Command{&sql::revoke_claim, std::move(parameters)},
        free_jobs_command(lost.worker, lost.number, std::vector<StartedJob>{},
                          database_.test_time())};
    const std::vector<Result> results = database_.run(commands, Resend::kAllowed);
    for (const std::string& domain : requeued_domains(results.back())) notifier_.notify(domain);
    MutexLock lock(mutex_);
    std::erase_if(lost_claims_, [&](const LostClaim& one) { return one.number == lost.number; });
  }
}

void Exchanger::settle_completions(std::span<const Completion> completions,
                                   std::vector<WriteResult>& results) {
  std::vector<std::size_t> fenced;
  {
    MutexLock lock(mutex_);
    if (doubtful_.empty()) return;
    for (std::size_t i = 0; i < completions.size(); ++i) {
      const Key key{completions[i].id.value, completions[i].epoch.value};
      const bool doubtful = doubtful_.contains(key);
      if (doubtful && results[i] == WriteResult::kFenced) fenced.push_back(i);
      if (doubtful && results[i] == WriteResult::kAccepted) doubtful_.erase(key);
    }
  }
  if (fenced.empty()) return;
  Column ids = Column::int64s(fenced.size());
  Column epochs = Column::int64s(fenced.size());
  for (const std::size_t i : fenced) {
    ids.add(completions[i].id.value);
    epochs.add(completions[i].epoch.value);
  }
  Parameters parameters;
  parameters.add(std::move(ids)).add(std::move(epochs));
  const Result found = database_.run(sql::find_accepted, std::move(parameters));
  std::set<Key> accepted;
  for (int i = 0; i < found.rows(); ++i) {
    accepted.emplace(found.row(i).int64(0), found.row(i).int64(1));
  }
  MutexLock lock(mutex_);
  for (const std::size_t i : fenced) {
    const Key key{completions[i].id.value, completions[i].epoch.value};
    doubtful_.erase(key);
    if (accepted.erase(key) > 0) results[i] = WriteResult::kAccepted;
  }
}

}  // namespace stint::postgres
