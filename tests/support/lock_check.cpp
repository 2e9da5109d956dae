#include "support/lock_check.hpp"
#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <fmt/format.h>

namespace stint::test {
namespace {

using Kind = LockEvent::Kind;
using Time = std::chrono::nanoseconds;

// In the order of a time; what is of the same moment stays in its order.
template <typename T>
void sort_by(std::vector<T>& all, Time T::* time) {
  std::vector<std::pair<Time, std::size_t>> order;
  for (std::size_t i = 0; i < all.size(); ++i) order.emplace_back(all[i].*time, i);
  std::ranges::sort(order);
  std::vector<T> sorted;
  sorted.reserve(all.size());
  for (const auto& [at, index] : order) sorted.push_back(all[index]);
  all = std::move(sorted);
}

/// The life of one process.
struct Contender {
  std::vector<std::pair<Time, Time>> pauses;
  Time asked_at{0};
  std::optional<std::size_t> holding;  // the index of the present one

  bool was_paused(Time from, Time to) const {
    return std::ranges::any_of(
        pauses, [&](const auto& pause) { return pause.first <= to && pause.second >= from; });
  }
};

struct Holding {
  pid_t pid = 0;
  std::int64_t token = 0;
  Time asked_at{0};
  Time from{0};
  Time last{0};              // what its process did last in it
  Time until = Time::max();  // of its lease, as far as it knew then
  std::optional<Time> renewed_at = {};
  bool has_ended = false;

  Time end() const { return has_ended ? last : Time::max(); }
};

class LockJudge final {
 public:
  explicit LockJudge(std::vector<LockEvent> events) : events_(std::move(events)) {
    sort_by(events_, &LockEvent::at);
  }

  LockVerdict run() && {
    find_pauses();
    for (const LockEvent& event : events_) take(event);
    compare_holdings();
    for (const LockEvent& event : events_) {
      if (event.kind == Kind::kTaken) find_takeover(event);
    }
    verdict_.holdings = static_cast<int>(holdings_.size());
    return std::move(verdict_);
  }

 private:
  void blame(int& count, std::string what) {
    ++count;
    verdict_.violations.push_back(std::move(what));
  }

  void find_pauses() {
    for (const LockEvent& event : events_) {
      auto& pauses = contenders_[event.pid].pauses;
      if (event.kind == Kind::kPaused) pauses.emplace_back(event.at, Time::max());
      if (event.kind == Kind::kResumed && !pauses.empty()) pauses.back().second = event.at;
    }
  }

  void take(const LockEvent& event) {
    Contender& contender = contenders_[event.pid];
    Holding* holding = contender.holding ? &holdings_[*contender.holding] : nullptr;
    switch (event.kind) {
      case Kind::kAsks:
        contender.asked_at = event.at;
        return;
      case Kind::kHolds:
        contender.holding = holdings_.size();
        holdings_.push_back({.pid = event.pid,
                             .token = event.token,
                             .asked_at = contender.asked_at,
                             .from = event.at,
                             .last = event.at});
        return;
      case Kind::kRenewed:
        if (holding == nullptr) return;
        holding->until = Time{event.value};
        holding->renewed_at = event.at;
        holding->last = event.at;
        return;
      case Kind::kAccepted:
      case Kind::kRefused:
        if (holding == nullptr) {
          blame(verdict_.overlaps, fmt::format("{} has an effect and no lock", event.pid));
        } else {
          holding->last = event.at;
          judge_effect(event, *holding, contender);
        }
        return;
      case Kind::kReleases:
      case Kind::kEnded:
        if (holding == nullptr) return;
        if (event.kind == Kind::kReleases) holding->last = event.at;
        holding->has_ended = true;
        contender.holding.reset();
        return;
      case Kind::kPaused:
      case Kind::kResumed:
      case Kind::kTaken:
        return;
    }
  }

  void judge_effect(const LockEvent& event, const Holding& holding, const Contender& contender) {
    const bool was_paused = contender.was_paused(holding.asked_at, event.at);
    if (event.kind == Kind::kAccepted) {
      ++verdict_.accepted;
      if (event.token < largest_) {
        blame(verdict_.went_back, fmt::format("token {} of {} was accepted after {}", event.token,
                                              event.pid, largest_));
      }
      largest_ = std::max(largest_, event.token);
    } else if (was_paused) {
      ++verdict_.stale_refused;
    } else {
      blame(verdict_.refused_holders,
            fmt::format("token {} of {} was refused after {}, and nothing had befallen it",
                        event.token, event.pid, largest_));
    }
    if (event.at > holding.until &&
        !contender.was_paused(holding.renewed_at.value_or(holding.from), event.at)) {
      blame(verdict_.after_deadline, fmt::format("{} went on for {} ms after its lease", event.pid,
                                                 (event.at - holding.until).count() / 1'000'000));
    }
  }

  void compare_holdings() {
    sort_by(holdings_, &Holding::from);
    for (std::size_t i = 1; i < holdings_.size(); ++i) {
      const Holding& later = holdings_[i];
      // It may have been granted long before it could write so.
      if (contenders_[later.pid].was_paused(later.asked_at, later.from)) continue;
      for (std::size_t j = 0; j < i; ++j) compare(holdings_[j], later);
    }
  }

  void compare(const Holding& earlier, const Holding& later) {
    if (earlier.token >= later.token) {
      blame(verdict_.tokens_not_grown,
            fmt::format("token {} of {} came after {} of {}", later.token, later.pid, earlier.token,
                        earlier.pid));
    }
    if (earlier.end() > later.from &&
        !contenders_[earlier.pid].was_paused(earlier.asked_at, later.from)) {
      blame(verdict_.overlaps, fmt::format("{} with token {} began while {} with token {} held it",
                                           later.pid, later.token, earlier.pid, earlier.token));
    }
  }

  void find_takeover(const LockEvent& taken) {
    const auto next = std::ranges::find_if(holdings_, [&](const Holding& holding) {
      return holding.from > taken.at && holding.pid != taken.pid;
    });
    if (next == holdings_.end()) {
      blame(verdict_.starved, fmt::format("nobody came after {}", taken.pid));
      return;
    }
    const Time took = next->from - taken.at;
    verdict_.takeovers.push_back(took);
    if (took.count() > taken.value) {
      blame(verdict_.starved,
            fmt::format("{} came after {} ms, not {}, after {}", next->pid,
                        took.count() / 1'000'000, taken.value / 1'000'000, taken.pid));
    }
  }

  std::vector<LockEvent> events_;
  std::map<pid_t, Contender> contenders_;
  std::vector<Holding> holdings_;
  std::int64_t largest_ = std::numeric_limits<std::int64_t>::min();
  LockVerdict verdict_;
};

}  // namespace

LockVerdict judge(std::vector<LockEvent> events) { return LockJudge{std::move(events)}.run(); }

std::string describe(const LockVerdict& verdict) {
  const auto longest = std::ranges::max_element(verdict.takeovers);
  return fmt::format(
      "{} holdings, {} effects, overlaps {}, went back {}, tokens not grown {}, refused without "
      "cause {}, after the deadline {}, starved {}; {} stale effects refused, {} takeovers, the "
      "longest {} ms",
      verdict.holdings, verdict.accepted, verdict.overlaps, verdict.went_back,
      verdict.tokens_not_grown, verdict.refused_holders, verdict.after_deadline, verdict.starved,
      verdict.stale_refused, verdict.takeovers.size(),
      longest == verdict.takeovers.end() ? 0 : longest->count() / 1'000'000);
}

}  // namespace stint::test
