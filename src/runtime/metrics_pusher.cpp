#include "runtime/metrics_pusher.hpp"
#include <algorithm>
#include <exception>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include "base/backoff.hpp"
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::string_view kMetricsLogger = "metrics";
constexpr std::chrono::seconds kLongestPushPause{30};

}  // namespace

MetricsPusher::MetricsPusher(std::unique_ptr<MetricsSink> sink, MetricsPusherOptions options)
    : sink_(std::move(sink)), options_(options) {}

MetricsPusher::~MetricsPusher() {
  std::thread thread;
  {
    const MutexLock lock{mutex_};
    is_stopping_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
  const MutexLock lock{mutex_};
  if (!waiting_.empty()) log_warning(kMetricsLogger, "{} metrics were not sent", waiting_.size());
}

void MetricsPusher::push(std::vector<Metric> metrics) {
  if (!sink_ || metrics.empty()) return;
  const auto now = std::chrono::system_clock::now();
  const MutexLock lock{mutex_};
  for (Metric& metric : metrics) {
    if (waiting_.size() >= options_.most_waiting) {
      ++dropped_;
      continue;
    }
    if (!metric.time) metric.time = now;
    waiting_.push_back(std::move(metric));
  }
  if (!thread_.joinable() && !is_stopping_) start();
  changed_.notify_all();
}

void MetricsPusher::start() {
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::system_error& error) {
    // No task fails because of metrics; the next push tries again.
    log_warning(kMetricsLogger, "metrics wait: their thread cannot be started: {}", error.what());
  }
}

bool MetricsPusher::flush(std::chrono::nanoseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  MutexLock lock{mutex_};
  while (!waiting_.empty() || in_flight_ > 0) {
    if (!changed_.wait_until(lock, end) && std::chrono::steady_clock::now() >= end) return false;
  }
  return true;
}

std::int64_t MetricsPusher::dropped() const {
  const MutexLock lock{mutex_};
  return dropped_;
}

void MetricsPusher::run() {
  for (;;) {
    std::vector<Metric> batch;
    {
      MutexLock lock{mutex_};
      while (waiting_.empty() && !is_stopping_) changed_.wait(lock);
      if (is_stopping_) return;
      batch = take_batch();
    }
    const bool is_taken = send(batch);
    const MutexLock lock{mutex_};
    if (!is_taken) dropped_ += static_cast<std::int64_t>(batch.size());
    in_flight_ = 0;
    changed_.notify_all();
  }
}

std::vector<Metric> MetricsPusher::take_batch() {
  const auto size = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), options_.largest_batch));
  const auto end = std::next(waiting_.begin(), size);
  std::vector<Metric> batch{std::make_move_iterator(waiting_.begin()),
                            std::make_move_iterator(end)};
  waiting_.erase(waiting_.begin(), end);
  in_flight_ = batch.size();
  return batch;
}

bool MetricsPusher::send(const std::vector<Metric>& batch) {
  Backoff backoff{{.first = options_.retry_wait, .longest = kLongestPushPause}};
  for (int attempt = 1;; ++attempt) {
    bool may_retry = false;
    try {
      sink_->push(batch);
      tell_success();
      return true;
    } catch (const Error& error) {
      may_retry = error.retryable();
      tell_failure(error.what());
    } catch (const std::exception& error) {
      tell_failure(error.what());
    }
    if (!may_retry || attempt >= options_.max_attempts || !pause(backoff.next())) return false;
  }
}

// False: the end has come.
bool MetricsPusher::pause(std::chrono::nanoseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  MutexLock lock{mutex_};
  while (!is_stopping_ && std::chrono::steady_clock::now() < end) changed_.wait_until(lock, end);
  return !is_stopping_;
}

void MetricsPusher::tell_failure(const std::string& cause) {
  log_debug(kMetricsLogger, "metrics are not taken: {}", cause);
  if (dropped_before_outage_) return;
  dropped_before_outage_ = dropped();
  log_warning(kMetricsLogger, "metrics are not taken: {}", cause);
}

void MetricsPusher::tell_success() {
  if (!dropped_before_outage_) return;
  log_info(kMetricsLogger, "metrics are taken again; {} were dropped meanwhile",
           dropped() - *dropped_before_outage_);
  dropped_before_outage_.reset();
}

}  // namespace stint
