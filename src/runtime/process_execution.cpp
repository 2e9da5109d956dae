#include "runtime/process_execution.hpp"
#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <memory>
#include <random>
#include <utility>
#include <variant>
#include <fmt/format.h>
#include "base/log.hpp"
#include "core/crash_rule.hpp"
#include "process/crash_report.hpp"
#include "runtime/executor.hpp"
#include "runtime/slot_limits.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// A program that has not said by then that it is ready never will.
constexpr nanoseconds kLongestStart = std::chrono::seconds{30};
// A task has so long to end by itself before the programs that it started are signalled.
constexpr nanoseconds kBeforeTerminate = std::chrono::seconds{1};
// From the end of its connection to the news that a process has died.
constexpr nanoseconds kDeathTakes = milliseconds{500};
// A process that was killed and is still there sits in the kernel, and never again runs a line of
// its own. The keeper waits 5 seconds for what it has left.
constexpr nanoseconds kLongestSlotDeath = std::chrono::seconds{6};
constexpr nanoseconds kBetweenMemoryLooks = milliseconds{100};
// While lines of the log cannot be kept, nothing more is read; how often to look again.
constexpr nanoseconds kBetweenRoomLooks = milliseconds{50};
constexpr nanoseconds kLongestAnswerWait = std::chrono::seconds{10};
// To wake this thread costs a task that logs or prints much more than the line itself. One that has
// written so many lines within a moment is listened to once a rest only.
constexpr int kManyLines = 8;
constexpr nanoseconds kMoment = milliseconds{5};
constexpr nanoseconds kRest = milliseconds{2};
// It fills the connection's or the pipe's buffer, and would wait for us.
constexpr int kTooManyLines = 64;

TaskOptions options_of(const Registry& registry, const JobRun& run) {
  const detail::TaskDeclaration* task = registry.find_task(run.task());
  return task == nullptr ? TaskOptions{} : task->options;
}

milliseconds crash_delay(int crashes) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const double draw = std::uniform_real_distribution<double>{-1, 1}(random);
  return std::chrono::duration_cast<milliseconds>(backoff_pause(kCrashPause, crashes, draw));
}

void add_usage(json& error, const ExitStatus& status) {
  error["peak_memory"] = status.peak_memory;
  error["cpu_seconds"] = std::chrono::duration<double>(status.cpu_time).count();
}

/// The error of one that was killed tells what it had used; an interrupted one has no error.
void add_usage(Completion& end, const ExitStatus& status) {
  if (end.error.empty()) return;
  json error = json::parse(end.error);
  add_usage(error, status);
  end.error = error.dump();
}

void wake(int descriptor) {
  const std::uint64_t one = 1;
  static_cast<void>(::write(descriptor, &one, sizeof one));
}

}  // namespace

ProcessExecution::ProcessExecution(SlotProcess& process, JobRun& run, JobHost& host,
                                   const Registry& registry, const ProcessSlotOptions& options,
                                   int wake_descriptor, OutputPipes pipes, const Clock& clock)
    : process_(process),
      run_(run),
      host_(host),
      registry_(registry),
      task_(options_of(registry, run)),
      options_(options),
      clock_(clock),
      capture_(
          std::move(pipes), options.capture,
          [&run](const OutputLine& line) { run.add_output(line); }, clock),
      wake_(wake_descriptor),
      begun_at_(clock.boot_now()) {}

Completion ProcessExecution::work(std::vector<std::string> attachments) {
  attachments_ = std::move(attachments);
  if (process_.is_ready) start_job();
  return see_through();
}

Completion ProcessExecution::go_on(std::optional<slot::ToWorker> message) {
  is_sent_ = true;
  bound_memory();
  capture_.close_write_ends();
  if (message) take(std::move(*message));
  return see_through();
}

Completion ProcessExecution::see_through() {
  const std::stop_callback on_stop{run_.stop_token(), [this] { wake(wake_); }};
  while (!is_over()) {
    climb();
    look_at_memory();
    if (!is_over()) wait();
  }
  capture_.finish();
  run_.finish_log();
  if (!end_) return end_of_dead();
  if (end_->completion.outcome == Outcome::kFailed && is_killed_for_memory()) {
    end_->completion.cause = "out of memory";
  }
  return std::move(end_->completion);
}

void ProcessExecution::bound_memory() {
  // A limit may kill as it is set: that is of this job.
  kills_before_ = process_.memory ? process_.memory->kills() : 0;
  is_in_group_ = process_.bound_memory(task_.max_memory) && task_.max_memory > 0;
}

void ProcessExecution::start_job() {
  is_sent_ = true;
  bound_memory();
  const RunLease& lease = run_.lease();
  slot::Start start{run_.job(), std::exchange(attachments_, {}), lease.token};
  std::vector<int> descriptors{capture_.out(), capture_.error()};
  if (lease.descriptor >= 0) descriptors.push_back(lease.descriptor);
  const bool is_taken =
      process_.channel->send(slot::encode(slot::ToSlot{std::move(start)}), descriptors);
  capture_.close_write_ends();
  if (!is_taken) fail_before_begin("it died between two jobs");
}

void ProcessExecution::fail_before_begin(std::string_view why) const {
  process_.child->kill();
  throw Error{ErrorCode::kUnavailable,
              fmt::format("a slot process took no job: {}", why),
              {.retryable = true}};
}

nanoseconds ProcessExecution::grace() const {
  const bool is_lost = run_.stop_reason() == StopReason::kLost;
  return is_lost ? std::min(options_.grace, options_.grace_of_lost) : options_.grace;
}

/// How long after a stop was asked for the next rung is due.
nanoseconds ProcessExecution::next_rung_after() const {
  return rung_ == Rung::kTerminated ? grace() : std::min(kBeforeTerminate, grace() / 5);
}

nanoseconds ProcessExecution::longest_wait() const {
  nanoseconds wait = std::min(kLongestAnswerWait, capture_.until_due());
  if (task_.max_memory > 0) wait = std::min(wait, kBetweenMemoryLooks);
  if (closed_at_) wait = std::min<nanoseconds>(wait, milliseconds{50});
  if (!host_.has_log_room()) wait = std::min(wait, kBetweenRoomLooks);
  const nanoseconds now = clock_.boot_now();
  if (is_deaf(now)) wait = std::min(wait, deaf_until_ - now);
  if (!process_.is_ready) wait = std::min(wait, begun_at_ + kLongestStart - now);
  if (killed_at_) wait = std::min(wait, *killed_at_ + kLongestSlotDeath - now);
  if (const auto asked = run_.stop_asked_at(); asked && rung_ != Rung::kKilled) {
    wait = std::min(wait, *asked + next_rung_after() - now);
  }
  return std::max(wait, nanoseconds{0});
}

void ProcessExecution::wait() {
  const bool has_room = host_.has_log_room();
  const bool reads = has_room && !is_deaf(clock_.boot_now());
  const bool listens = reads && !closed_at_;
  // A negative descriptor is passed over.
  std::array<pollfd, 5> events{pollfd{process_.child->ended_descriptor(), POLLIN, 0},
                               pollfd{wake_, POLLIN, 0},
                               pollfd{listens ? process_.channel->descriptor() : -1, POLLIN, 0},
                               pollfd{reads ? capture_.out_descriptor() : -1, POLLIN, 0},
                               pollfd{reads ? capture_.error_descriptor() : -1, POLLIN, 0}};
  const nanoseconds longest = longest_wait();
  const auto ceiling = std::chrono::ceil<milliseconds>(longest).count();
  if (::poll(events.data(), events.size(), static_cast<int>(ceiling)) < 0) return;
  if (events[1].revents != 0) {
    std::uint64_t count = 0;
    static_cast<void>(::read(wake_, &count, sizeof count));
  }
  const bool has_printed = events[3].revents != 0 || events[4].revents != 0;
  if (has_printed || (has_room && capture_.until_due().count() <= 0)) read_output();
  if (events[2].revents != 0) read_messages();
  if (events[0].revents != 0 && !end_) {
    read_messages();  // its last words
    is_dead_ = true;
  }
}

void ProcessExecution::read_output() {
  constexpr std::uint64_t kShortLine = 32;
  const std::uint64_t before = capture_.bytes();
  capture_.read_some();
  rest_from_lines(1 + static_cast<int>((capture_.bytes() - before) / kShortLine));
}

void ProcessExecution::rest_from_lines(int lines) {
  const nanoseconds now = clock_.boot_now();
  if (now - recent_since_ > kMoment) {
    recent_since_ = now;
    recent_lines_ = 0;
  }
  recent_lines_ += lines;
  if (recent_lines_ >= kManyLines && lines < kTooManyLines) deaf_until_ = now + kRest;
}

void ProcessExecution::read_messages() {
  int lines = 0;
  while (!is_over()) {
    ChannelMessage message;
    switch (process_.channel->receive(message)) {
      case Received::kNothing:
        if (lines > 0) rest_from_lines(lines);
        return;
      case Received::kClosed:
        // Most have died, and the keeper is about to say how.
        if (!closed_at_) closed_at_ = clock_.boot_now();
        return;
      case Received::kGarbage:
        break_off("it wrote garbage into its connection to the worker");
        return;
      case Received::kMessage:
        break;
    }
    std::optional<slot::ToWorker> known = slot::decode_for_worker(message.text);
    if (!known) {
      break_off("it wrote garbage into its connection to the worker");
      return;
    }
    lines += std::holds_alternative<slot::LogLine>(*known) ? 1 : 0;
    take(std::move(*known));
  }
}

void ProcessExecution::take(slot::ToWorker message) {
  if (std::holds_alternative<slot::Ready>(message)) {
    process_.is_ready = true;
    if (!is_sent_) start_job();
    return;
  }
  has_spoken_ = has_spoken_ || !std::holds_alternative<slot::End>(message);
  if (std::holds_alternative<slot::Idle>(message)) {
    break_off("it did not tell the end of its job");
  } else if (const auto* line = std::get_if<slot::LogLine>(&message)) {
    take_line(*line);
  } else if (const auto* progress = std::get_if<slot::Progress>(&message)) {
    run_.progress(progress->fraction, progress->message);
  } else if (const auto* asked = std::get_if<slot::Enqueue>(&message)) {
    enqueue(*asked);
  } else if (std::holds_alternative<slot::ExtendLock>(message)) {
    host_.extend_lock();
  } else if (std::holds_alternative<slot::WriteLiveness>(message)) {
    host_.write_liveness(run_.task());
  } else if (auto* pushed = std::get_if<slot::PushMetrics>(&message)) {
    host_.push_metrics(run_.task(), std::move(pushed->metrics));
  } else if (const auto* unfit = std::get_if<slot::Unfit>(&message)) {
    fail_before_begin(unfit->message);
  } else if (auto* end = std::get_if<slot::End>(&message)) {
    if (end->completion.id == run_.id() && end->completion.epoch == run_.epoch()) {
      if (end->error_code) run_.set_error_code(*end->error_code);
      end_ = std::move(*end);
    } else {
      break_off("it ended a job that it does not have");
    }
  }
}

void ProcessExecution::take_line(const slot::LogLine& line) {
  capture_.read_some();  // what it printed before stands before
  run_.log().write(line.level, line.text);
}

void ProcessExecution::enqueue(const slot::Enqueue& asked) {
  slot::Enqueued answer;
  try {
    const json args = json::from_cbor(asked.args.begin(), asked.args.end());
    answer.id = host_.enqueue_child(asked.task, args, slot::unpack_options(asked.options));
  } catch (const Error& error) {
    answer = {.id = {}, .error = error.what(), .code = static_cast<int>(error.code())};
  } catch (const std::exception& error) {
    answer = {.id = {}, .error = error.what(), .code = static_cast<int>(ErrorCode::kInternal)};
  }
  process_.channel->send(slot::encode(slot::ToSlot{std::move(answer)}));
}

/// The ladder: ask, SIGTERM to the group, SIGKILL to everything. A kill is of this execution: the
/// process takes no other job before this object is gone.
void ProcessExecution::climb() {
  const nanoseconds now = clock_.boot_now();
  if (!process_.is_ready && now - begun_at_ > kLongestStart) {
    fail_before_begin("it did not get ready");
  }
  if (closed_at_ && now - *closed_at_ >= kDeathTakes) {
    break_off("it closed its connection to the worker");
    return;
  }
  if (killed_at_ && now - *killed_at_ >= kLongestSlotDeath) {
    give_up();
    return;
  }
  const auto asked = run_.stop_asked_at();
  if (!asked) return;
  if (!is_sent_) fail_before_begin("the job was stopped before it began");
  if (rung_ == Rung::kNone) {
    rung_ = Rung::kAsked;
    slot::Stop stop{run_.id(), run_.epoch(), run_.stop_reason(), run_.stop_message()};
    process_.channel->send(slot::encode(slot::ToSlot{std::move(stop)}));
  }
  const nanoseconds waited = now - *asked;
  if (rung_ == Rung::kAsked && waited >= next_rung_after()) {
    rung_ = Rung::kTerminated;
    process_.child->signal_group(SIGTERM);
  }
  if (rung_ == Rung::kTerminated && waited >= next_rung_after()) {
    rung_ = Rung::kKilled;
    log_warning("worker", "killing the process of job {}: it ignored its stop", run_.id().value);
    kill();
  }
}

/// The kernel has killed the process or one that it has started.
bool ProcessExecution::is_killed_for_memory() const {
  return is_in_group_ && process_.memory->kills() > kills_before_;
}

void ProcessExecution::kill() {
  process_.child->kill();
  killed_at_ = clock_.boot_now();
}

void ProcessExecution::give_up() {
  log_error("worker",
            "process {} of job {} was killed and does not end: it hangs in the kernel and is left "
            "to itself",
            process_.child->pid(), run_.id().value);
  is_dead_ = true;
  is_hung_ = true;
}

void ProcessExecution::look_at_memory() {
  if (task_.max_memory <= 0 || is_over_memory_) return;
  const nanoseconds now = clock_.boot_now();
  if (now < memory_look_at_) return;
  memory_look_at_ = now + kBetweenMemoryLooks;
  const bool is_over = is_in_group_ ? is_killed_for_memory()
                                    : resident_memory(process_.child->pid()) > task_.max_memory;
  if (!is_over) return;
  is_over_memory_ = true;
  kill();
}

void ProcessExecution::break_off(std::string why) {
  is_broken_ = true;
  if (broken_why_.empty()) broken_why_ = std::move(why);
  process_.child->kill();
  is_dead_ = true;
}

std::string ProcessExecution::error_text(std::string_view type, const std::string& message,
                                         const ExitStatus& status) const {
  json error{{"type", type}, {"message", message}};
  if (status.signal != 0) error["signal"] = signal_name(status.signal);
  if (status.signal == 0) error["exit_code"] = status.code;
  add_usage(error, status);
  const auto stack = read_crash_report(process_.crash_report.get());
  if (!stack.empty()) error["stack"] = stack;
  return error.dump(-1, ' ', false, json::error_handler_t::replace);
}

Completion ProcessExecution::end_of_dead() {
  if (!is_sent_) fail_before_begin("it died");
  // The keeper tells of an end once nothing of the process is left.
  const std::chrono::seconds longest{is_hung_ ? 0 : 10};
  const auto status = process_.child->wait(longest).value_or(ExitStatus{.signal = SIGKILL});
  Completion end{.id = run_.id(), .epoch = run_.epoch(), .outcome = Outcome::kFailed};
  const milliseconds delay = retry_delay(task_.retry, run_.job().failures + 1);
  if (is_over_memory_ || is_killed_for_memory()) {
    end.cause = "out of memory";
    end.delay = delay;
    end.error = error_text(
        end.cause, fmt::format("used more than its {} bytes of memory", task_.max_memory), status);
  } else if (task_.max_cpu.count() > 0 && status.signal == SIGXCPU) {
    end.cause = "cpu limit";
    end.delay = delay;
    end.error = error_text(end.cause, "used more than its processor time", status);
  } else if (run_.stop_reason() != StopReason::kNone) {
    run_.set_killed();
    end = end_of_stopped(run_, registry_, "its process was killed");
    add_usage(end, status);
  } else {
    end.outcome = Outcome::kCrashed;
    end.cause = "crash";
    end.delay = crash_delay(run_.job().crashes + 1);
    end.error =
        error_text(end.cause,
                   broken_why_.empty() ? fmt::format("its process died: {}", describe(status))
                                       : fmt::format("its process was killed: {}", broken_why_),
                   status);
  }
  return end;
}

}  // namespace stint
