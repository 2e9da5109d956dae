/// Hand values to a consumer that may be slow, on a thread of its own.
#pragma once
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include "base/mutex.hpp"

namespace stint {

/// Deliver one value after the other, in the order in which they were added. Whoever adds never
/// waits for the consumer. Thread-safe.
template <typename T>
class Deliveries final {
 public:
  /// At most `most` values wait. `take` is called by one thread, which begins with the first value;
  /// it must not throw.
  Deliveries(std::size_t most, std::function<void(T&)> take)
      : most_(most), take_(std::move(take)) {}
  ~Deliveries() { close({}); }
  Deliveries(const Deliveries&) = delete;
  Deliveries& operator=(const Deliveries&) = delete;

  /// False: too many wait, it is closed, or there is no thread to be had; the value is dropped.
  bool add(T value) {
    const MutexLock lock{mutex_};
    if (is_closed_ || waiting_.size() >= most_) return false;
    if (!thread_.joinable() && !start()) return false;
    waiting_.push_back(std::move(value));
    changed_.notify_all();
    return true;
  }

  /// Take no more, have what waits delivered as long as `patience` allows, drop the rest and wait
  /// for the end of the call that runs. Returns how many were dropped. From within that call it
  /// only says that nothing more is taken.
  std::size_t close(std::chrono::nanoseconds patience) {
    MutexLock lock{mutex_};
    is_closed_ = true;
    changed_.notify_all();
    if (thread_.get_id() == std::this_thread::get_id()) return 0;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!waiting_.empty() && changed_.wait_until(lock, until)) {
    }
    const std::size_t dropped = waiting_.size();
    waiting_.clear();
    changed_.notify_all();
    std::thread thread = std::move(thread_);
    lock.unlock();
    if (thread.joinable()) thread.join();
    return dropped;
  }

 private:
  /// Not an error of whoever adds: the machine may have threads again with the next value.
  bool start() STINT_REQUIRES(mutex_) {
    try {
      thread_ = std::thread{[this] { deliver(); }};
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void deliver() {
    while (std::optional<T> next = wait_for_next()) take_(*next);
  }

  std::optional<T> wait_for_next() {
    MutexLock lock{mutex_};
    while (waiting_.empty()) {
      if (is_closed_) return std::nullopt;
      changed_.wait(lock);
    }
    T next = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return next;
  }

  const std::size_t most_;
  const std::function<void(T&)> take_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<T> waiting_ STINT_GUARDED_BY(mutex_);
  bool is_closed_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
