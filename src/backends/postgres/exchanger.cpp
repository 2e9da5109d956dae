#include "backends/postgres/exchanger.hpp"
#include <algorithm>
#include <array>
#include <map>
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

constexpr int kMostExchangeSends = 2;

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
      const bool again = error.outcome_unknown() && tries < kMostExchangeSends;
      in_doubt = in_doubt || error.outcome_unknown();
      if (!again && in_doubt) throw with_doubt(error);
      if (!again) throw;
    }
  }
}

Exchange Exchanger::try_exchange(std::span<const Completion> completions,
                                 const ClaimRequest* claim) {
  const std::int64_t number = next_claim_.fetch_add(1);
  const std::vector<ClaimMark> marks = find_marks(claim);
  ExchangePlan plan(completions, claim, number, marks, database_.test_time());
  const Commit commit = plan_commit(claim);
  if (!commit.is_durable) plan.commit_quickly();
  std::vector<Result> results;
  const auto sent_at = Clock::now();
  std::uint64_t connection = 0;
  try {
    results = database_.run(plan.commands(), Resend::kForbidden, &connection);
  } catch (const Error& error) {
    if (error.outcome_unknown()) note_doubt(completions, claim, number);
    throw;
  }
  ExchangePlan::Outcome outcome = plan.read(results);
  // Before what took effect earlier is found: a transaction that wrote nothing was not waited for.
  const bool has_written =
      !outcome.exchange.claimed.empty() ||
      std::ranges::count(outcome.exchange.completed, WriteResult::kAccepted) > 0;
  try {
    settle_completions(completions, outcome.exchange);
    if (claim != nullptr) note_claim(*claim, !marks.empty(), Clock::now() - sent_at, outcome);
    load_details(outcome.exchange.claimed);
    note_commit(commit, connection, completions, has_written);
  } catch (const Error& error) {
    // The exchange was committed, but its answer cannot be given yet: the caller will come again.
    note_doubt(completions, claim, number);
    throw with_doubt(error);
  }
  for (const std::string& domain : outcome.requeued) notifier_.notify(domain);
  return std::move(outcome.exchange);
}

// A claim must be on disk before its jobs begin: after a crash of the server another would get the
// same epoch. A completion that is lost only has the job run again.
Exchanger::Commit Exchanger::plan_commit(const ClaimRequest* claim) {
  const MutexLock lock(mutex_);
  const bool may_be_quick =
      !database_.options().durable_completions && database_.is_direct() && !has_at_most_once_;
  return {.is_durable = claim != nullptr || !may_be_quick || unconfirmed_.is_full(),
          .newest = Connection::newest(),
          .began = unconfirmed_.now()};
}

void Exchanger::note_commit(const Commit& commit, std::uint64_t connection,
                            std::span<const Completion> completions, bool has_written) {
  std::vector<Completion> again;
  {
    const MutexLock lock(mutex_);
    again = unconfirmed_.take_doubtful(connection);
    if (!commit.is_durable) {
      unconfirmed_.note(completions, commit.newest);
    } else if (has_written) {
      unconfirmed_.confirm(connection, commit.began);
    }
  }
  if (again.empty()) return;
  try {
    const ExchangePlan plan(again, nullptr, 0, {}, database_.test_time());
    database_.run(plan.commands(), Resend::kAllowed);  // most of them are there: then fenced
  } catch (const Error&) {
    const MutexLock lock(mutex_);
    unconfirmed_.note(again, 0);  // before any connection: they are tried again next time
  }
}

std::vector<ClaimMark> Exchanger::find_marks(const ClaimRequest* claim) {
  // A clock that tests move says nothing about how long anything takes.
  if (claim == nullptr || database_.test_time()) return {};
  const MutexLock lock(mutex_);
  return marks_.find({claim->worker, claim->domain, claim->tasks.size()}, Clock::now());
}

void Exchanger::note_claim(const ClaimRequest& claim, bool from_marks, Clock::duration took,
                           ExchangePlan::Outcome& outcome) {
  const ClaimMarks::Key key{claim.worker, claim.domain, claim.tasks.size()};
  const bool is_empty = outcome.exchange.claimed.empty();
  // Nothing from the marks on says nothing of what is before them.
  outcome.exchange.looked_everywhere = !is_empty || (!from_marks && !outcome.has_missed);
  const MutexLock lock(mutex_);
  has_at_most_once_ =
      has_at_most_once_ || std::ranges::any_of(outcome.exchange.claimed, [](const ClaimedJob& job) {
        return job.flags.at_most_once();
      });
  if (from_marks) {
    if (!is_empty) marks_.note_marked(key, outcome.last_claimed);
  } else if (outcome.has_missed) {
    return;
  } else if (is_empty) {
    marks_.note_nothing(key, took, Clock::now());
  } else {
    marks_.note_full(key, outcome.claim_took, outcome.last_claimed, Clock::now());
  }
}

void Exchanger::load_details(std::vector<ClaimedJob>& claimed) {
  const std::optional<Command> command = details_command(claimed);
  if (!command) return;
  add_details(database_.run({&*command, 1}, Resend::kAllowed).front(), claimed);
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

void Exchanger::settle_completions(std::span<const Completion> completions, Exchange& reply) {
  std::vector<std::size_t> fenced;
  {
    MutexLock lock(mutex_);
    if (doubtful_.empty()) return;
    for (std::size_t i = 0; i < completions.size(); ++i) {
      const Key key{completions[i].id.value, completions[i].epoch.value};
      const bool doubtful = doubtful_.contains(key);
      if (doubtful && reply.completed[i] == WriteResult::kFenced) fenced.push_back(i);
      if (doubtful && reply.completed[i] == WriteResult::kAccepted) doubtful_.erase(key);
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
  std::map<Key, JobState> states;  // of those accepted
  for (int i = 0; i < found.rows(); ++i) {
    const Row row = found.row(i);
    states.emplace(Key{row.int64(0), row.int64(1)}, static_cast<JobState>(row.int32(2)));
  }
  MutexLock lock(mutex_);
  for (const std::size_t i : fenced) {
    const Key key{completions[i].id.value, completions[i].epoch.value};
    doubtful_.erase(key);
    const auto state = states.extract(key);
    if (state.empty()) continue;
    reply.completed[i] = WriteResult::kAccepted;
    reply.states[i] = state.mapped();
  }
}

}  // namespace stint::postgres
