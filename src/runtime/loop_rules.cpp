#include "runtime/loop_rules.hpp"
#include <algorithm>

namespace stint {
namespace {

using std::chrono::nanoseconds;

// Where the lock was given away after an error, others need a moment to take it.
constexpr nanoseconds kLeastHandOver = std::chrono::seconds{1};

bool is_error(RunStatus status) {
  return status == RunStatus::kFailed || status == RunStatus::kKilled;
}

nanoseconds planned_start(const LoopRules& rules, const EndedRun& run) {
  if (rules.run_interval.count() > 0) return run.started_at + rules.run_interval;
  return run.ended_at + rules.sleep_interval;
}

}  // namespace

NextStep next_step(const LoopRules& rules, const EndedRun& run) {
  NextStep step;
  step.is_last = rules.run_once;
  const bool gives_away = rules.release_on_error && is_error(run.status);
  step.releases_lock = rules.run_once || !rules.keep_lock || gives_away;
  step.next_at = std::max(planned_start(rules, run), run.ended_at);
  if (rules.keep_lock && gives_away) {
    // Twice as long as it would have been, so that another machine can take over.
    const nanoseconds interval = std::max(rules.sleep_interval, rules.run_interval);
    step.next_at = std::max(step.next_at + interval, run.ended_at + kLeastHandOver);
  }
  if (run.put_off) step.next_at = std::max(step.next_at, run.ended_at + *run.put_off);
  return step;
}

}  // namespace stint
