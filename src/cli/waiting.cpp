#include "cli/waiting.hpp"
#include <algorithm>
#include <vector>
#include "app/job_waits.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr std::size_t kBatch = 1000;

/// Ask for the states of those jobs that have not been there yet.
void refresh(Store& store, std::span<const JobId> ids, WaitFor what,
             std::vector<std::optional<JobState>>& states, std::vector<bool>& reached) {
  std::vector<JobId> batch;
  std::vector<std::size_t> places;
  const auto ask = [&] {
    const std::vector<std::optional<JobState>> found = store.job_states(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      states[places[i]] = found[i];
      reached[places[i]] = is_reached(found[i], what);
    }
    batch.clear();
    places.clear();
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (reached[i]) continue;
    batch.push_back(ids[i]);
    places.push_back(i);
    if (batch.size() == kBatch) ask();
  }
  if (!batch.empty()) ask();
}

/// Let some time pass: a store has no event for the end of a job.
void rest(std::chrono::nanoseconds duration) {
  Mutex mutex;
  CondVar nobody_signals;
  MutexLock lock{mutex};
  nobody_signals.wait_for(lock, duration);
}

}  // namespace

bool is_reached(const std::optional<JobState>& state, WaitFor what) {
  if (!state || is_final(*state)) return true;
  return what == WaitFor::kRunning &&
         (*state == JobState::kRunning || *state == JobState::kAborting);
}

std::vector<std::optional<JobState>> wait_for_jobs(
    Store& store, std::span<const JobId> ids, WaitFor what,
    std::optional<std::chrono::milliseconds> timeout,
    const std::function<void(std::size_t)>& on_look) {
  std::vector<std::optional<JobState>> states(ids.size());
  std::vector<bool> reached(ids.size());
  const std::chrono::nanoseconds start = real_clock().boot_now();
  std::chrono::nanoseconds changed_at = start;
  std::size_t before = 0;
  for (bool has_answered = false;; has_answered = true) {
    try {
      refresh(store, ids, what, states, reached);
    } catch (const Error& error) {
      if (!error.retryable() || !has_answered) throw;
    }
    const auto count = static_cast<std::size_t>(std::ranges::count(reached, true));
    if (on_look) on_look(count);
    if (count == ids.size()) return states;
    const std::chrono::nanoseconds now = real_clock().boot_now();
    if (count != before) changed_at = now;
    before = count;
    std::chrono::nanoseconds left = detail::look_pause(now - changed_at);
    if (timeout) left = std::min<std::chrono::nanoseconds>(left, start + *timeout - now);
    if (left.count() <= 0) return states;
    rest(left);
  }
}

}  // namespace stint::cli
