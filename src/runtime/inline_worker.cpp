#include "runtime/inline_worker.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "base/cleanup.hpp"
#include "base/duration.hpp"
#include "base/version.hpp"
#include "core/payload.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

constexpr int kMostTries = 1000;

/// Call the store until it answers, as a worker does after a pause.
template <typename Call>
auto insist(Call&& call) {
  for (int tries = 1;; ++tries) {
    try {
      return call();
    } catch (const Error& error) {
      if (!error.retryable() || tries == kMostTries) throw;
    }
  }
}

}  // namespace

/// What a job sees of the store and of time. A job's thread may outlive the worker.
class InlineWorker::Host final : public JobHost {
 public:
  Host(std::shared_ptr<JobHost> host, InlineWorker& worker)
      : host_(std::move(host)), worker_(&worker) {}

  void add_log_line(NewLogLine line) override { host_->add_log_line(std::move(line)); }
  bool has_log_room() override { return host_->has_log_room(); }
  JobId enqueue_child(std::string_view task, const json& args, EnqueueOptions options) override {
    return host_->enqueue_child(task, args, std::move(options));
  }
  void write_liveness(const std::string& task) override { host_->write_liveness(task); }
  void push_metrics(const std::string& task, std::vector<Metric> metrics) override {
    host_->push_metrics(task, std::move(metrics));
  }
  bool pass_sleep(nanoseconds duration) override {
    worker_->pass_sleep(duration);
    return true;
  }

 private:
  const std::shared_ptr<JobHost> host_;
  InlineWorker* const worker_;
};

InlineWorker::InlineWorker(std::shared_ptr<Store> store,
                           std::shared_ptr<const RunEnvironment> environment,
                           std::shared_ptr<JobHost> host, std::shared_ptr<LogBuffer> logs,
                           std::shared_ptr<ManualClock> clock, const InlineWorkerOptions& options)
    : store_(std::move(store)),
      environment_(std::move(environment)),
      logs_(std::move(logs)),
      clock_(std::move(clock)),
      host_(std::make_shared<Host>(std::move(host), *this)),
      contexts_(environment_->registry->contexts(), environment_->settings, environment_->contexts),
      failed_hooks_(environment_),
      random_(static_cast<std::uint32_t>(options.seed ^ (options.seed >> 32U))) {
  for (const auto& [name, task] : environment_->registry->tasks()) {
    if (!task.options.transaction) tasks_.push_back(name);
  }
  store_->set_time_for_tests(clock_->system_now());
  worker_ = store_->register_worker({.node = "inline",
                                     .host = "inline",
                                     .domains = options.domains,
                                     .version = std::string{version()}});
}

InlineWorker::~InlineWorker() = default;

bool InlineWorker::can_run(std::string_view task) const {
  return std::ranges::find(tasks_, task) != tasks_.end();
}

int InlineWorker::run_due(const std::string& domain, const std::string& node, int most) {
  if (is_running_) {
    throw Error{ErrorCode::kUsage,
                "a handler cannot execute other jobs: return first, and let the test do it"};
  }
  if (tasks_.empty()) return 0;
  const ClaimRequest request{
      .worker = worker_, .node = node, .tasks = tasks_, .domain = domain, .limit = 1};
  int attempts = 0;
  for (; attempts < most; ++attempts) {
    const Exchange reply = insist([&] { return store_->exchange({}, &request); });
    if (reply.claimed.empty()) break;
    execute_claimed(reply.claimed.front());
  }
  return attempts;
}

void InlineWorker::execute_claimed(const ClaimedJob& job) {
  const nanoseconds started = clock_->boot_now();
  Completion end;
  {
    is_running_ = true;
    const Cleanup after{[this] {
      is_running_ = false;
      current_.reset();
    }};
    seed_retry_delays(static_cast<std::uint32_t>(random_()));
    try {
      end = execute_here(job);
    } catch (const std::exception& error) {  // before the task was called
      end = end_before_task(job, error);
    }
  }
  end.ran_for = std::chrono::duration_cast<microseconds>(clock_->boot_now() - started);
  // What a job logged is there once the job is seen to have ended.
  insist([&] { logs_->flush(*store_); });
  const std::optional<JobState> now = write_end(end);
  if (now && end.started && is_failure(end.outcome) && !failed_hooks_.empty()) {
    failed_hooks_.call(describe_failure(job, end, *now));
  }
}

Completion InlineWorker::execute_here(const ClaimedJob& job) {
  std::vector<std::string> bytes;
  if (job.has_attachments) {
    bytes =
        insist([&] { return store_->load_attachments(job.id, Store::Attachments::kArguments); });
  }
  current_ = std::make_shared<JobRun>(job, unpack_payload(job.args, std::move(bytes)), host_,
                                      *clock_, environment_->most_log_bytes);
  return execute(*current_, *environment_, contexts_);
}

/// One that the store will never take fails its job, as in a worker.
std::optional<JobState> InlineWorker::write_end(Completion& end) {
  try {
    return insist([&] { return store_->exchange({&end, 1}, nullptr).states.at(0); });
  } catch (const Error& error) {
    if (error.retryable()) throw;
    end = {.id = end.id,
           .epoch = end.epoch,
           .outcome = Outcome::kRejected,
           .ran_for = end.ran_for,
           .cause = "error",
           .error = error_json("stint::Error", "the store refused the result")};
    return insist([&] { return store_->exchange({&end, 1}, nullptr).states.at(0); });
  }
}

void InlineWorker::move_clock(nanoseconds duration) {
  clock_->advance(duration);
  store_->set_time_for_tests(clock_->system_now());
}

void InlineWorker::advance(nanoseconds duration) {
  if (duration < nanoseconds{0}) {
    throw Error{ErrorCode::kUsage,
                fmt::format("the clock cannot move back by {}", format_duration(-duration))};
  }
  move_clock(duration);
  if (!current_) return;
  deliver_abort();
  if (current_->deadline() && clock_->boot_now() >= *current_->deadline()) {
    current_->request_stop(
        StopReason::kTimeout,
        fmt::format("ran longer than its timeout of {}", format_duration(current_->job().timeout)));
  }
}

void InlineWorker::pass_sleep(nanoseconds duration) {
  if (!current_ || current_->stop_asked_at()) return;
  deliver_abort();
  if (current_->stop_asked_at()) return;
  nanoseconds pause = std::max(duration, nanoseconds{0});
  if (const auto deadline = current_->deadline()) {
    pause = std::min(pause, std::max(*deadline - clock_->boot_now(), nanoseconds{0}));
  }
  advance(pause);
}

void InlineWorker::deliver_abort() {
  const JobRequests requests = insist([&] { return store_->job_requests(worker_); });
  for (const AbortRequest& abort : requests.aborts) {
    if (abort.id != current_->id() || abort.epoch != current_->epoch()) continue;
    current_->request_stop(StopReason::kAborted, abort.message.empty() ? "aborted" : abort.message);
  }
}

}  // namespace stint
