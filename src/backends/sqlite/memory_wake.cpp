#include "backends/sqlite/memory_wake.hpp"
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>
#include "base/mutex.hpp"

namespace stint::sqlite {

struct MemoryWake::Events {
  Mutex mutex;
  CondVar changed;
  /// How many each domain has had; of those that had one.
  std::map<std::string, std::uint64_t, std::less<>> counts STINT_GUARDED_BY(mutex);
};

namespace {

using std::chrono::nanoseconds;
using Events = MemoryWake::Events;

class MemoryWakeUp final : public WakeUp {
 public:
  MemoryWakeUp(std::shared_ptr<Events> events, std::span<const std::string> domains)
      : events_(std::move(events)) {
    const MutexLock lock{events_->mutex};
    for (const std::string& domain : domains) seen_[domain] = count(domain);
    seen_[Wake::kRequest] = count(Wake::kRequest);
  }

  void wait_for(nanoseconds timeout) override {
    using Clock = std::chrono::steady_clock;
    // A deadline of years would overflow.
    const auto deadline = Clock::now() + std::min<nanoseconds>(timeout, std::chrono::hours{24});
    MutexLock lock{events_->mutex};
    while (!look() && !is_interrupted_) {
      if (!events_->changed.wait_until(lock, deadline) && Clock::now() >= deadline) break;
    }
    is_interrupted_ = false;
  }

  bool take_request() override { return std::exchange(has_request_, false); }

  void interrupt() noexcept override {
    const MutexLock lock{events_->mutex};
    is_interrupted_ = true;
    events_->changed.notify_all();
  }

 private:
  std::uint64_t count(std::string_view domain) const STINT_REQUIRES(events_->mutex) {
    const auto found = events_->counts.find(domain);
    return found == events_->counts.end() ? 0 : found->second;
  }

  // Whether one of ours had an event since the last look.
  bool look() STINT_REQUIRES(events_->mutex) {
    bool changed = false;
    for (auto& [domain, seen] : seen_) {
      const std::uint64_t now = count(domain);
      if (now == seen) continue;
      seen = now;
      changed = true;
      if (domain == Wake::kRequest) has_request_ = true;
    }
    return changed;
  }

  const std::shared_ptr<Events> events_;
  std::map<std::string, std::uint64_t> seen_;  // of the thread that waits, as is the next
  bool has_request_ = false;
  bool is_interrupted_ STINT_GUARDED_BY(events_->mutex) = false;
};

}  // namespace

MemoryWake::MemoryWake() : events_(std::make_shared<Events>()) {}

void MemoryWake::notify(const std::set<std::string>& domains) noexcept {
  if (domains.empty()) return;
  const MutexLock lock{events_->mutex};
  for (const std::string& domain : domains) ++events_->counts[domain];
  events_->changed.notify_all();
}

std::unique_ptr<WakeUp> MemoryWake::make_wake_up(std::span<const std::string> domains) const {
  return std::make_unique<MemoryWakeUp>(events_, domains);
}

}  // namespace stint::sqlite
