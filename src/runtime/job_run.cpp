#include "runtime/job_run.hpp"
#include <algorithm>
#include <cmath>
#include <utility>
#include <fmt/format.h>
#include "base/utf8.hpp"
#include "core/enqueue_plan.hpp"
#include "core/trace_context.hpp"
#include "runtime/run_metrics.hpp"

namespace stint {
namespace {

// What a line costs the store at least; captured output counts the same.
constexpr std::size_t kLeastLineCost = 32;

std::optional<std::chrono::nanoseconds> deadline_of(const ClaimedJob& job,
                                                    std::chrono::nanoseconds start) {
  if (job.timeout.count() <= 0) return std::nullopt;
  return start + job.timeout;
}

}  // namespace

void JobHost::write_liveness(const std::string& task) {
  throw Error{ErrorCode::kUsage, "the task " + task + " runs where no liveness is kept"};
}

void JobHost::push_metrics(const std::string& task, std::vector<Metric> /*metrics*/) {
  throw Error{ErrorCode::kUsage, "the task " + task + " runs where no metrics are taken"};
}

void RunLiveness::write() { run_.host().write_liveness(run_.task()); }

void RunMetrics::push(std::vector<Metric> metrics) {
  check_task_metrics(metrics);
  if (!metrics.empty()) run_.host().push_metrics(run_.task(), std::move(metrics));
}

JobRun::JobRun(ClaimedJob job, json args, std::shared_ptr<JobHost> host, const Clock& clock,
               std::size_t most_log_bytes)
    : job_(std::move(job)),
      args_(std::move(args)),
      metadata_(job_.metadata.empty() ? json::object() : json::parse(job_.metadata)),
      host_(std::move(host)),
      clock_(clock),
      most_log_bytes_(most_log_bytes),
      started_at_(clock.boot_now()),
      deadline_(deadline_of(job_, started_at_)),
      traceparent_(traceparent_of(metadata_)) {}

std::string JobRun::traceparent() const {
  const MutexLock lock{mutex_};
  return traceparent_;
}

void JobRun::set_traceparent(std::string_view traceparent) {
  if (!traceparent.empty() && !is_traceparent(traceparent)) {
    throw Error{ErrorCode::kInvalid,
                fmt::format("\"{}\" has not the form of W3C Trace Context, {}",
                            sanitize_text(traceparent.substr(0, 100)), kTraceparentForm)};
  }
  const MutexLock lock{mutex_};
  traceparent_ = traceparent;
}

void JobRun::sleep_for(std::chrono::nanoseconds duration) {
  if (host_->pass_sleep(duration)) return check_stop();
  // Far sleeps are cut in pieces: the condition variable's clock stands still while the machine
  // sleeps.
  constexpr std::chrono::nanoseconds kLongestWait = std::chrono::seconds{1};
  const std::chrono::nanoseconds end = clock_.boot_now() + duration;
  MutexLock lock{mutex_};
  while (!stop_asked_at_) {
    const std::chrono::nanoseconds left = end - clock_.boot_now();
    if (left.count() <= 0) return;
    stopped_.wait_for(lock, std::min(left, kLongestWait));
  }
  lock.unlock();
  check_stop();
}

void JobRun::extend_lock() {
  check_stop();
  host_->extend_lock();
}

void JobRun::progress(double fraction, std::string_view message) {
  const double known = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  PendingReport report{.progress = known, .message = sanitize_text(message)};
  host_->tell_progress(known, report.message);
  const MutexLock lock{mutex_};
  report_ = std::move(report);
}

void JobRun::set_output(json output) {
  const MutexLock lock{mutex_};
  output_ = std::move(output);
}

Transaction& JobRun::transaction() {
  AttemptTransaction* const own = attempt_transaction();
  return own != nullptr ? *own : Job::transaction();
}

void JobRun::set_transaction(std::unique_ptr<AttemptTransaction> transaction) {
  const MutexLock lock{mutex_};
  transaction_ = std::move(transaction);
}

AttemptTransaction* JobRun::attempt_transaction() const {
  const MutexLock lock{mutex_};
  return transaction_.get();
}

void JobRun::end_transaction() {
  std::unique_ptr<AttemptTransaction> ended;  // outside the lock: this may ask the server
  const MutexLock lock{mutex_};
  ended = std::move(transaction_);
}

void JobRun::sever_transaction() noexcept {
  const MutexLock lock{mutex_};
  if (transaction_) transaction_->sever();
}

void JobRun::request_stop(StopReason reason, std::string message) {
  {
    const MutexLock lock{mutex_};
    if (stop_asked_at_) return;
    stop_asked_at_ = clock_.boot_now();
    stop_message_ = std::move(message);
    reason_.store(reason);
    stopped_.notify_all();
  }
  stop_.request_stop();  // outside the lock: the task's stop callbacks run here
}

std::optional<std::chrono::nanoseconds> JobRun::stop_asked_at() const {
  const MutexLock lock{mutex_};
  return stop_asked_at_;
}

std::string JobRun::stop_message() const {
  const MutexLock lock{mutex_};
  return stop_message_;
}

std::optional<json> JobRun::take_output() {
  const MutexLock lock{mutex_};
  return std::exchange(output_, std::nullopt);
}

std::optional<PendingReport> JobRun::take_report() {
  const MutexLock lock{mutex_};
  return std::exchange(report_, std::nullopt);
}

void JobRun::keep_report(PendingReport report) {
  const MutexLock lock{mutex_};
  if (!report_) report_ = std::move(report);
}

void JobRun::write(LogLevel level, std::string_view line) {
  const std::size_t cost = std::max(line.size(), kLeastLineCost);
  bool is_cut_here = false;
  {
    const MutexLock lock{mutex_};
    if (dropped_log_bytes_ > 0 || cost > most_log_bytes_ - log_bytes_) {
      is_cut_here = dropped_log_bytes_ == 0;
      dropped_log_bytes_ += std::max<std::size_t>(line.size(), 1);
    } else {
      log_bytes_ += cost;
    }
    if (dropped_log_bytes_ > 0 && !is_cut_here) return;
  }
  if (!is_cut_here) return add_line(level, LogSource::kLog, line);
  add_line(LogLevel::kWarning, LogSource::kLog,
           fmt::format("[log cut here: the limit of an attempt is {} bytes]", most_log_bytes_));
}

void JobRun::finish_log() {
  std::uint64_t dropped = 0;
  {
    const MutexLock lock{mutex_};
    dropped = dropped_log_bytes_;
  }
  if (dropped == 0) return;
  add_line(LogLevel::kWarning, LogSource::kLog,
           fmt::format("[{} bytes of log lines were dropped]", dropped));
}

void JobRun::add_output(const OutputLine& line) {
  const bool is_error = line.stream == OutputStream::kError;
  add_line(is_error ? LogLevel::kWarning : LogLevel::kInfo,
           is_error ? LogSource::kError : LogSource::kOutput, line.text);
}

void JobRun::add_stack_line(std::string_view text) {
  add_line(LogLevel::kInfo, LogSource::kStack, text);
}

void JobRun::set_place(RunPlace place) {
  const MutexLock lock{mutex_};
  place_ = std::move(place);
}

RunPlace JobRun::place() const {
  const MutexLock lock{mutex_};
  return place_;
}

void JobRun::add_line(LogLevel level, LogSource source, std::string_view text) {
  host_->add_log_line({.job = job_.id,
                       .epoch = job_.epoch,
                       .attempt = attempt(),
                       .level = level,
                       .source = source,
                       .at = clock_.system_now(),
                       .text = sanitize_text(text)});
}

JobId JobRun::enqueue_child(std::string_view task, const json& args,
                            const EnqueueOptions& options) {
  EnqueueOptions keyed = options;
  keyed.metadata = inherit_trace(std::move(keyed.metadata), traceparent(), metadata_);
  const int number = ++children_;
  if (keyed.idempotency_key.empty() && job_.id) keyed.idempotency_key = child_key(job_.id, number);
  return host_->enqueue_child(task, args, std::move(keyed));
}

}  // namespace stint
