/// Hand metrics to a sink in the background, so that nobody waits for it.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>
#include "base/mutex.hpp"
#include "stint/metrics.hpp"

namespace stint {

struct MetricsPusherOptions {
  std::size_t most_waiting = 10'000;         ///< metrics; what comes beyond is dropped and counted
  std::size_t largest_batch = 1000;          ///< metrics handed to the sink at once
  int max_attempts = 10;                     ///< of a batch; then it is dropped and counted
  std::chrono::milliseconds retry_wait{50};  ///< before the second attempt; it doubles, up to 30 s
};

/// Push from any thread: it costs a lock and a copy. A sink that fails is told of in the log once,
/// and once when it works again. The thread begins with the first push.
class MetricsPusher final {
 public:
  /// `sink` may be null: everything is dropped, which is what was asked for.
  explicit MetricsPusher(std::unique_ptr<MetricsSink> sink, MetricsPusherOptions options = {});
  /// Give up what waits; wait for a push that has begun. Call `flush` first.
  ~MetricsPusher();
  MetricsPusher(const MetricsPusher&) = delete;
  MetricsPusher& operator=(const MetricsPusher&) = delete;

  /// Whether there is somebody to push to.
  bool has_sink() const { return sink_ != nullptr; }
  /// Have these sent. Those without a time get the present one. Throws std::bad_alloc alone.
  void push(std::vector<Metric> metrics);
  /// Wait until everything that was pushed before is sent or dropped. False: `limit` has passed.
  bool flush(std::chrono::nanoseconds limit);
  /// How many were dropped since the start: too many waited, or the sink did not take them.
  std::int64_t dropped() const;

 private:
  void start() STINT_REQUIRES(mutex_);
  void run();
  std::vector<Metric> take_batch() STINT_REQUIRES(mutex_);
  bool send(const std::vector<Metric>& batch);
  bool pause(std::chrono::nanoseconds duration);
  void tell_failure(const std::string& cause);
  void tell_success();

  const std::unique_ptr<MetricsSink> sink_;
  const MetricsPusherOptions options_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Metric> waiting_ STINT_GUARDED_BY(mutex_);
  std::size_t in_flight_ STINT_GUARDED_BY(mutex_) = 0;
  std::int64_t dropped_ STINT_GUARDED_BY(mutex_) = 0;
  bool is_stopping_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_ STINT_GUARDED_BY(mutex_);
  // Of the thread alone: what was dropped before the outage that it told of.
  std::optional<std::int64_t> dropped_before_outage_;
};

}  // namespace stint
