#include "app/status_cache.hpp"
#include <algorithm>
#include <exception>
#include <utility>

namespace stint {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kShortest = std::chrono::seconds{5};
// One reading, and so many times its own length without one.
constexpr int kRest = 20;

}  // namespace

StatusCache::StatusCache(std::function<StoreStatus()> read, const Clock& clock)
    : read_(std::move(read)), clock_(clock), thread_([this] { serve(); }) {}

StatusCache::~StatusCache() {
  {
    const MutexLock lock{mutex_};
    is_stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::shared_ptr<const StatusCache::Entry> StatusCache::fresh() {
  const MutexLock lock{mutex_};
  if (entry_ && clock_.boot_now() < entry_->fresh_until) return entry_;
  is_wanted_ = true;
  changed_.notify_all();
  return nullptr;
}

std::shared_ptr<const StatusCache::Entry> StatusCache::latest() const {
  const MutexLock lock{mutex_};
  return entry_;
}

void StatusCache::serve() {
  MutexLock lock{mutex_};
  for (;;) {
    while (!is_wanted_ && !is_stopping_) changed_.wait(lock);
    if (is_stopping_) return;
    lock.unlock();
    std::shared_ptr<const Entry> entry = read_now();
    lock.lock();
    entry_ = std::move(entry);
    is_wanted_ = false;
  }
}

std::shared_ptr<const StatusCache::Entry> StatusCache::read_now() const {
  auto entry = std::make_shared<Entry>();
  entry->read_at = clock_.boot_now();
  try {
    entry->status = read_();
  } catch (const std::exception& error) {
    entry->error = error.what();
  } catch (...) {
    entry->error = "unknown error";
  }
  const nanoseconds now = clock_.boot_now();
  entry->fresh_until = now + std::max(kShortest, (now - entry->read_at) * kRest);
  return entry;
}

}  // namespace stint
