#include "backends/consul/key_watch.hpp"
#include <algorithm>
#include "base/clock.hpp"

namespace stint::consul {
namespace {

using Time = std::chrono::nanoseconds;

constexpr std::chrono::seconds kLongestQuery{30};
// Between two answers that told nothing new.
constexpr std::chrono::milliseconds kBetweenQueries{500};
// All who wait hear of a release at once; most of them then see that another was faster.
constexpr int kMostJitterMilliseconds = 20;

}  // namespace

KeyWatch::KeyWatch(const Options& options)
    : key_(options.key), client_(options), random_(std::random_device{}()) {}

KeyWatch::Seen KeyWatch::seen_of(const Look& look) {
  if (!look.entry) return {.index = look.index, .modify_index = 0, .session = {}};
  return {.index = look.index,
          .modify_index = look.entry->modify_index,
          .session = look.entry->session};
}

void KeyWatch::see(const Look& look) {
  const MutexLock lock{mutex_};
  seen_ = seen_of(look);
}

void KeyWatch::wait(Time timeout) {
  const Time end = real_clock().boot_now() + std::min<Time>(timeout, std::chrono::hours{24});
  std::stop_token stop;
  Seen seen;
  {
    const MutexLock lock{mutex_};
    if (!seen_) return;
    seen = *seen_;
    stop_ = std::stop_source{};
    if (is_interrupted_) stop_.request_stop();
    stop = stop_.get_token();
  }
  std::int64_t index = seen.index;
  for (Time now = real_clock().boot_now(); now < end; now = real_clock().boot_now()) {
    if (take_interruption()) return;
    const auto longest = std::min<Time>(end - now, kLongestQuery);
    const std::optional<Look> look = client_.wait_for_change(
        key_, index, std::chrono::ceil<std::chrono::milliseconds>(longest), stop);
    if (!look) continue;  // interrupted
    const Seen found = seen_of(*look);
    if (found.modify_index != seen.modify_index || found.session != seen.session) {
      const auto jitter =
          static_cast<int>(random_() % static_cast<unsigned>(kMostJitterMilliseconds + 1));
      if (found.session.empty()) pause(std::chrono::milliseconds{jitter});
      break;
    }
    // An index that went back belongs to a server with another past.
    index = found.index < index ? 0 : found.index;
    if (!pause(std::min<Time>(kBetweenQueries, std::max(Time{0}, end - real_clock().boot_now())))) {
      break;
    }
  }
  take_interruption();
}

bool KeyWatch::pause(Time duration) {
  const Time end = real_clock().boot_now() + duration;
  MutexLock lock{mutex_};
  while (!is_interrupted_) {
    const Time left = end - real_clock().boot_now();
    if (left <= Time{0}) return true;
    interrupted_.wait_for(lock, left);
  }
  return false;
}

bool KeyWatch::take_interruption() {
  const MutexLock lock{mutex_};
  return std::exchange(is_interrupted_, false);
}

void KeyWatch::interrupt() noexcept {
  const MutexLock lock{mutex_};
  is_interrupted_ = true;
  stop_.request_stop();
  interrupted_.notify_all();
}

}  // namespace stint::consul
