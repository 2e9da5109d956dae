#include "support/history_check.hpp"
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <fmt/format.h>
#include "support/history_model.hpp"

namespace stint::test {
namespace {

using Operations = std::vector<Operation>;
using Flags = std::vector<bool>;

constexpr std::array<std::string_view, 15> kNames{"lost",
                                                  "not ended",
                                                  "never enqueued",
                                                  "stored twice",
                                                  "accepted twice",
                                                  "accepted from a fenced epoch",
                                                  "another result",
                                                  "refused without cause",
                                                  "epoch not growing",
                                                  "claimed twice",
                                                  "started twice",
                                                  "started after its abort",
                                                  "started without a claim",
                                                  "worker",
                                                  "other"};

/// Sort by a key; what has the same one stays in its order.
template <typename Value, typename Key>
void sort_by(std::vector<Value>& values, const Key& key) {
  std::vector<std::size_t> places(values.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::ranges::sort(places, {}, [&](std::size_t place) {
    return std::pair{std::invoke(key, values[place]), place};
  });
  std::vector<Value> sorted;
  sorted.reserve(values.size());
  for (const std::size_t place : places) sorted.push_back(std::move(values[place]));
  values = std::move(sorted);
}

/// Whether there is an order in which all facts are true, each between its times. Operations that
/// are no facts may have happened since they were asked for.
template <typename Model>
class Search {
 public:
  Search(const Operations& operations, const Flags& is_fact) : model_(operations) {
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (is_fact[i]) {
        facts_.push_back(&operations[i]);
      } else if (operations[i].action != Action::kStored &&
                 operations[i].action != Action::kStart && operations[i].reply != Reply::kRefused) {
        perhaps_.push_back(&operations[i]);
      }
    }
    sort_by(facts_, [](const Operation* one) { return one->invoked; });
  }

  bool has_order() { return go_on({}, Flags(facts_.size()), 0); }

 private:
  using State = typename Model::State;

  bool go_on(const State& state, const Flags& done, std::size_t first) {
    while (first < facts_.size() && done[first]) ++first;
    if (first == facts_.size()) return true;
    if (!seen_.emplace(state, done).second) return false;
    // What was asked for after another's reply came after it.
    std::chrono::nanoseconds bound = Operation::kNever;
    for (std::size_t i = first; i < facts_.size() && facts_[i]->invoked <= bound; ++i) {
      if (!done[i]) bound = std::min(bound, facts_[i]->returned);
    }
    for (std::size_t i = first; i < facts_.size() && facts_[i]->invoked <= bound; ++i) {
      if (done[i]) continue;
      Flags with = done;
      with[i] = true;
      for (const State& next : model_.after(state, *facts_[i], Taken::kAsTold)) {
        if (go_on(next, with, first)) return true;
      }
    }
    for (const Operation* one : perhaps_) {
      if (one->invoked > bound) continue;
      for (const State& next : model_.after(state, *one, Taken::kPerhaps)) {
        if (next != state && go_on(next, done, first)) return true;
      }
    }
    return false;
  }

  Model model_;
  std::vector<const Operation*> facts_;
  std::vector<const Operation*> perhaps_;
  std::set<std::pair<State, Flags>> seen_;
};

/// Take away facts as long as there is no order without them.
class Shrink {
 public:
  explicit Shrink(std::function<bool(const Flags&)> has_order) : has_order_(std::move(has_order)) {}

  Flags smallest(const Flags& all) {
    const std::vector<std::size_t> facts = places_of(all);
    // Few facts are soon tried in every combination, so that none is smaller.
    for (std::size_t size = 1; size <= 3 && facts.size() <= kFew; ++size) {
      Flags chosen(all.size());
      if (choose(facts, 0, size, chosen)) return chosen;
    }
    Flags left = all;
    for (std::size_t chunk = std::max<std::size_t>(facts.size() / 2, 1);; chunk /= 2) {
      for (std::size_t begin = 0; begin < facts.size(); begin += chunk)
        drop(facts, begin, chunk, left);
      if (chunk == 1) return left;
    }
  }

 private:
  static constexpr std::size_t kFew = 30;

  static std::vector<std::size_t> places_of(const Flags& flags) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < flags.size(); ++i) {
      if (flags[i]) places.push_back(i);
    }
    return places;
  }

  bool choose(const std::vector<std::size_t>& facts, std::size_t from, std::size_t count,
              Flags& chosen) {
    if (count == 0) return !has_order_(chosen);
    for (std::size_t i = from; i + count <= facts.size(); ++i) {
      chosen[facts[i]] = true;
      if (choose(facts, i + 1, count - 1, chosen)) return true;
      chosen[facts[i]] = false;
    }
    return false;
  }

  void drop(const std::vector<std::size_t>& facts, std::size_t begin, std::size_t count,
            Flags& left) {
    Flags without = left;
    for (std::size_t i = begin; i < std::min(begin + count, facts.size()); ++i) {
      without[facts[i]] = false;
    }
    if (without != left && !has_order_(without)) left = without;
  }

  std::function<bool(const Flags&)> has_order_;
};

// Of two witnesses of one size the one with the completions says more.
int rank_of(const Operation& one) {
  switch (one.action) {
    case Action::kComplete:
      return one.reply == Reply::kOk ? 0 : 1;
    case Action::kAbort:
      return 2;
    case Action::kClaim:
      return 3;
    case Action::kStart:
      return 4;
    default:
      return 5;
  }
}

template <typename Model>
std::optional<Operations> find_witness(Operations operations) {
  sort_by(operations, rank_of);
  Flags facts;
  facts.reserve(operations.size());
  for (const Operation& one : operations) facts.push_back(one.reply != Reply::kUnknown);
  const auto has_order = [&](const Flags& chosen) {
    return Search<Model>{operations, chosen}.has_order();
  };
  if (has_order(facts)) return std::nullopt;
  const Flags smallest = Shrink{has_order}.smallest(facts);
  Operations witness;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (smallest[i]) witness.push_back(operations[i]);
  }
  sort_by(witness, &Operation::invoked);
  return witness;
}

/// Name what the facts of a job show. They are in the order of their times.
class Naming final {
 public:
  explicit Naming(const Operations& facts) : facts_(facts) {}

  Breach breach() const {
    if (has(Action::kStored, Reply::kRefused)) return Breach::kLost;
    if (has(Action::kAbort)) {
      const bool was_first = facts_.front().action == Action::kAbort;
      return was_first && (has(Action::kClaim) || has(Action::kStart)) ? Breach::kStartedAborted
                                                                       : Breach::kOther;
    }
    if (has(Action::kRetry)) return Breach::kOther;
    if (has(Action::kComplete, Reply::kRefused)) return Breach::kRefused;
    if (count(Action::kComplete) > 1) return Breach::kAcceptedTwice;
    if (count(Action::kClaim) > 0 && !is_growing()) return Breach::kEpochNotGrowing;
    if (count(Action::kClaim) > 1) return Breach::kClaimedTwice;
    if (has(Action::kComplete)) {
      // Whoever claims what was done already does it once more.
      const bool is_done = facts_.front().action == Action::kComplete;
      return is_done && has(Action::kClaim) ? Breach::kClaimedTwice : Breach::kFencedAccepted;
    }
    if (has(Action::kStart)) return Breach::kStartedUnclaimed;
    const Operation& last = facts_.back();
    return last.action == Action::kStored && last.state == JobState::kDone ? Breach::kOtherResult
                                                                           : Breach::kOther;
  }

 private:
  std::size_t count(Action action, Reply reply = Reply::kOk) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        facts_, [&](const Operation& one) { return one.action == action && one.reply == reply; }));
  }
  bool has(Action action, Reply reply = Reply::kOk) const { return count(action, reply) > 0; }

  /// Whether each claim has a higher epoch than the one before, and so has a job that waits again.
  bool is_growing() const {
    Epoch last{-1};
    for (const Operation& one : facts_) {
      const bool waits = one.action == Action::kStored &&
                         (one.state == JobState::kQueued || one.state == JobState::kScheduled);
      if ((one.action == Action::kClaim || waits) && one.epoch <= last) return false;
      last = std::max(last, one.epoch);
    }
    return true;
  }

  const Operations& facts_;
};

/// A completion that is brought again because nobody knew what had become of it is the same one: it
/// took effect at some time since it was brought first.
Operations without_repeats(const Operations& all) {
  Operations operations = all;
  sort_by(operations, &Operation::invoked);
  std::map<std::tuple<pid_t, JobId, Epoch>, std::size_t> first;
  std::vector<bool> is_repeated(operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    Operation& one = operations[i];
    if (one.action != Action::kComplete) continue;
    const auto [place, is_new] = first.try_emplace({one.client, one.job, one.epoch}, i);
    if (is_new || operations[place->second].reply != Reply::kUnknown) continue;
    one.invoked = operations[place->second].invoked;
    is_repeated[place->second] = true;
    place->second = i;
  }
  Operations left;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (!is_repeated[i]) left.push_back(std::move(operations[i]));
  }
  return left;
}

class Judge {
 public:
  explicit Judge(const History& history) : history_(history) {
    for (const Operation& one : without_repeats(history.operations)) add(one);
  }

  HistoryVerdict verdict() {
    for (auto& [id, operations] : jobs_) check_job(operations);
    for (auto& [id, operations] : workers_) check_worker(operations);
    for (const auto& [name, jobs] : names_) check_pair(jobs);
    for (const auto& [id, names] : ids_) check_pair(names);
    verdict_.jobs = jobs_.size();
    verdict_.workers = workers_.size();
    sort_by(verdict_.witnesses, [](const Witness& one) { return one.facts.size(); });
    return verdict_;
  }

 private:
  void add(const Operation& one) {
    if (one.action != Action::kStored) ++verdict_.operations;
    if (one.reply == Reply::kUnknown) ++verdict_.unknown;
    if (one.action == Action::kComplete && one.reply == Reply::kRefused) ++verdict_.fenced;
    if (one.reply == Reply::kFailed) return;  // it has done nothing, and says nothing
    if (one.job) jobs_[one.job].push_back(one);
    if (!one.job && one.action == Action::kClaim) lost_claims_.push_back(one);
    if (one.worker && !one.job) workers_[one.worker].push_back(one);
    if (one.worker && one.action == Action::kClaim && one.job) workers_[one.worker].push_back(one);
    if (one.action == Action::kEnqueue && one.reply == Reply::kOk && !one.name.empty()) {
      names_[one.name].emplace(one.job, one);
      ids_[one.job].emplace(one.name, one);
    }
  }

  void report(Breach breach, Operations facts) {
    verdict_.witnesses.push_back({.breach = breach, .facts = std::move(facts)});
  }

  /// One name has one job, one job one name.
  template <typename Key>
  void check_pair(const std::map<Key, Operation>& acknowledged) {
    if (acknowledged.size() < 2) return;
    report(Breach::kStoredTwice,
           {acknowledged.begin()->second, std::next(acknowledged.begin())->second});
  }

  void check_job(Operations& operations) {
    const JobId id = operations.front().job;
    const bool is_stored = std::ranges::any_of(
        operations, [](const Operation& one) { return one.action == Action::kStored; });
    if (!is_stored) {
      operations.push_back({.action = Action::kStored,
                            .reply = Reply::kRefused,
                            .invoked = Operation::kNever,
                            .job = id});
    }
    if (check_starts(operations)) return;
    add_frees(operations);
    const bool was_enqueued = std::ranges::any_of(
        operations, [](const Operation& one) { return one.action == Action::kEnqueue; });
    if (const auto facts = find_witness_of_job(operations)) {
      return report(was_enqueued ? Naming{*facts}.breach() : Breach::kNeverEnqueued, *facts);
    }
    const Operation& last = *std::ranges::find(operations, Action::kStored, &Operation::action);
    if (history_.is_drained && last.reply == Reply::kOk && !is_final(last.state)) {
      report(Breach::kNotEnded, {last});
    }
  }

  /// Claims whose replies were lost may have taken any job: they are only looked at where the job's
  /// own operations are not enough.
  std::optional<Operations> find_witness_of_job(Operations& operations) const {
    std::optional<Operations> facts = find_witness<LegalJob>(operations);
    if (!facts || lost_claims_.empty()) return facts;
    std::set<WorkerId> holders;
    for (const Operation& one : lost_claims_) {
      operations.push_back(one);
      holders.insert(one.worker);
    }
    for (const WorkerId holder : holders) add_frees_by(holder, Reply::kUnknown, operations);
    return find_witness<LegalJob>(operations);
  }

  /// What freed jobs of the workers that had claimed this one.
  void add_frees(Operations& operations) const {
    std::set<WorkerId> holders;
    for (const Operation& one : operations) {
      if (one.action == Action::kClaim) holders.insert(one.worker);
    }
    for (const WorkerId holder : holders) add_frees_by(holder, Reply::kOk, operations);
  }

  void add_frees_by(WorkerId worker, Reply reply, Operations& operations) const {
    const auto found = workers_.find(worker);
    if (found == workers_.end()) return;
    for (const Operation& one : found->second) {
      if ((one.action != Action::kRescue && one.action != Action::kRetire) ||
          one.reply == Reply::kRefused) {
        continue;
      }
      operations.push_back(one);
      if (reply == Reply::kUnknown) operations.back().reply = reply;
    }
  }

  /// What the store cannot keep a worker from: each claim is executed once, and not once its worker
  /// knows of an abort.
  bool check_starts(const Operations& operations) {
    for (auto one = operations.begin(); one != operations.end(); ++one) {
      if (one->action != Action::kStart) continue;
      for (auto other = operations.begin(); other != operations.end(); ++other) {
        if (other->epoch != one->epoch) continue;
        if (other > one && other->action == Action::kStart) {
          report(Breach::kStartedTwice, {*one, *other});
          return true;
        }
        if (other->action == Action::kTold && other->returned < one->invoked) {
          report(Breach::kStartedAborted, {*other, *one});
          return true;
        }
      }
    }
    return false;
  }

  void check_worker(const Operations& operations) {
    const auto is = [](Action action) {
      return [action](const Operation& one) { return one.action == action; };
    };
    // A worker of another program, whose life was not written down.
    if (std::ranges::none_of(operations, is(Action::kRegister))) return;
    if (const auto facts = find_witness<LegalWorker>(operations)) {
      report(Breach::kWorker, *facts);
    }
  }

  const History& history_;
  std::map<JobId, Operations> jobs_;
  std::map<WorkerId, Operations> workers_;
  std::map<std::string, std::map<JobId, Operation>> names_;
  std::map<JobId, std::map<std::string, Operation>> ids_;
  Operations lost_claims_;
  HistoryVerdict verdict_;
};

}  // namespace

std::string_view to_string(Breach breach) { return kNames.at(static_cast<std::size_t>(breach)); }

bool HistoryVerdict::has(Breach breach) const {
  return std::ranges::any_of(witnesses, [&](const Witness& one) { return one.breach == breach; });
}

HistoryVerdict check_history(const History& history) { return Judge{history}.verdict(); }

std::string describe(const Witness& witness) {
  std::string text{to_string(witness.breach)};
  for (const Operation& one : witness.facts) text += "\n  " + describe(one);
  return text;
}

std::string describe(const HistoryVerdict& verdict) {
  return fmt::format(
      "{} jobs, {} workers, {} operations, {} of them of unknown outcome, {} completions fenced: "
      "{} "
      "without a legal order",
      verdict.jobs, verdict.workers, verdict.operations, verdict.unknown, verdict.fenced,
      verdict.witnesses.size());
}

}  // namespace stint::test
