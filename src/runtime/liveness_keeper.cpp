#include "runtime/liveness_keeper.hpp"
#include <algorithm>
#include <utility>
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr const char* kLivenessLogger = "liveness";
constexpr BackoffOptions kRetries{.first = std::chrono::milliseconds{200},
                                  .longest = std::chrono::seconds{10},
                                  .factor = 2,
                                  .jitter = 0.2};
constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max();
// The condition's clock stands still while the machine sleeps: a longer wait is taken in pieces.
constexpr std::chrono::nanoseconds kLongestSilence = LivenessKeeper::kBeat;

}  // namespace

LivenessKeeper::LivenessKeeper(OpenLiveness open, Clock& clock)
    : open_(std::move(open)), clock_(clock) {}

LivenessKeeper::~LivenessKeeper() {
  std::thread thread;
  {
    const MutexLock lock{mutex_};
    is_ending_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

LivenessKeeper::Stamps& LivenessKeeper::stamps_of(const std::string& task) {
  if (!thread_.joinable()) thread_ = std::thread{[this] { run(); }};
  return tasks_.try_emplace(task, Stamps{.backoff = Backoff{kRetries}}).first->second;
}

void LivenessKeeper::succeed(const std::string& task) {
  if (!open_) return;
  LivenessStamp stamp = stamp_of_this_process("succeeded");
  const MutexLock lock{mutex_};
  stamps_of(task).success = std::move(stamp);
  changed_.notify_all();
}

void LivenessKeeper::set_state(const std::string& task, std::string state) {
  if (!open_) return;
  const MutexLock lock{mutex_};
  Stamps& stamps = stamps_of(task);
  const bool is_first = stamps.state.empty();
  stamps.state = std::move(state);
  if (is_first) changed_.notify_all();
}

bool LivenessKeeper::flush(Time limit) {
  const Time end = clock_.boot_now() + limit;
  MutexLock lock{mutex_};
  const auto waits = [](const auto& entry) { return entry.second.success.has_value(); };
  for (auto& [task, stamps] : tasks_) stamps.success_at = Time{0};  // at once
  changed_.notify_all();
  while (is_writing_ || std::ranges::any_of(tasks_, waits)) {
    const Time left = end - clock_.boot_now();
    if (left <= Time{0}) return false;
    changed_.wait_for(lock, std::min(left, kLongestSilence));
  }
  return true;
}

void LivenessKeeper::run() {
  MutexLock lock{mutex_};
  while (!is_ending_) {
    const Time now = clock_.boot_now();
    if (std::optional<Due> due = find_due(now)) {
      is_writing_ = true;
      lock.unlock();
      write(*std::move(due));
      lock.lock();
      is_writing_ = false;
      changed_.notify_all();
      continue;
    }
    changed_.wait_for(lock, std::min(next_at() - now, kLongestSilence));
  }
}

std::optional<LivenessKeeper::Due> LivenessKeeper::find_due(Time now) {
  for (auto& [task, stamps] : tasks_) {
    if (stamps.success && now >= stamps.success_at) {
      return Due{&stamps, task, LivenessKind::kSuccess, *std::exchange(stamps.success, {})};
    }
    if (!stamps.state.empty() && now >= stamps.sign_at) {
      return Due{&stamps, task, LivenessKind::kSignOfLife, stamp_of_this_process(stamps.state)};
    }
  }
  return std::nullopt;
}

LivenessKeeper::Time LivenessKeeper::next_at() const {
  Time next = kNever;
  for (const auto& [task, stamps] : tasks_) {
    if (stamps.success) next = std::min(next, stamps.success_at);
    if (!stamps.state.empty()) next = std::min(next, stamps.sign_at);
  }
  return next;
}

void LivenessKeeper::write(Due due) {
  std::string problem;
  try {
    if (!due.stamps->backend) due.stamps->backend = open_(due.task);
    due.stamps->backend->write(due.kind, due.stamp);
  } catch (const std::exception& error) {
    problem = error.what();
    if (problem.empty()) problem = "unknown";
  }
  settle(due, problem);
}

void LivenessKeeper::settle(Due& due, const std::string& problem) {
  bool began = false;
  bool ended = false;
  {
    const MutexLock lock{mutex_};
    Stamps& stamps = *due.stamps;
    const Time now = clock_.boot_now();
    const bool has_failed = !problem.empty();
    began = has_failed && !stamps.is_failing;
    ended = !has_failed && std::exchange(stamps.is_failing, has_failed);
    stamps.is_failing = has_failed;
    if (!has_failed) stamps.backoff.reset();
    const Time pause = has_failed ? Time{stamps.backoff.next()} : kBetweenSuccesses;
    if (due.kind == LivenessKind::kSignOfLife) {
      stamps.sign_at = now + kBeat;
    } else {
      stamps.success_at = now + pause;
      if (has_failed && !stamps.success) stamps.success = std::move(due.stamp);
    }
  }
  if (began)
    log_warning(kLivenessLogger, "the stamps of {} cannot be written: {}", due.task, problem);
  if (ended) log_info(kLivenessLogger, "the stamps of {} can be written again", due.task);
}

}  // namespace stint
