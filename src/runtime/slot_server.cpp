#include "runtime/slot_server.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include "base/cleanup.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "process/crash_report.hpp"
#include "runtime/burst_page.hpp"
#include "runtime/job_run.hpp"
#include "runtime/quiet_check.hpp"
#include "runtime/slot_limits.hpp"
#include "runtime/transaction_run.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr int kUnfitExit = 78;
constexpr int kCutOffExit = 69;  // the worker cannot be told of anything any more
// A task may tell its progress millions of times a second; what the worker stores is seldom.
constexpr std::chrono::nanoseconds kBetweenProgress = std::chrono::milliseconds{50};

// A stop is asked for by message. The signal comes to whole groups: it interrupts a system call
// here and ends the programs that the task has started.
void take_no_notice(int /*signal*/) {}

void outlive_stop_signals() {
  struct sigaction action{};
  action.sa_handler = &take_no_notice;  // not SIG_IGN, which programs started by the task inherit
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

/// Have 1 and 2 be a job's pipes while it runs.
class Output final {
 public:
  Output()
      : out_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)),
        error_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {}

  static void lead_to(const std::vector<UniqueFd>& pipes) {
    if (pipes.size() < 2) return;
    ::dup2(pipes[0].get(), STDOUT_FILENO);
    ::dup2(pipes[1].get(), STDERR_FILENO);
  }
  static void flush() {
    std::cout.flush();
    std::cerr.flush();
    std::clog.flush();
    std::fflush(stdout);
    std::fflush(stderr);
  }
  void lead_back() const {
    flush();
    ::dup2(out_.get(), STDOUT_FILENO);
    ::dup2(error_.get(), STDERR_FILENO);
  }

 private:
  const UniqueFd out_;
  const UniqueFd error_;
};

/// The worker, as jobs see it.
class RemoteHost final : public JobHost {
 public:
  explicit RemoteHost(Channel& channel) : channel_(channel) {}

  void add_log_line(NewLogLine line) override {
    send(slot::LogLine{line.level, std::move(line.text)});
  }

  void tell_progress(double fraction, const std::string& message) override {
    const MutexLock lock{mutex_};
    has_spoken_ = true;
    latest_ = slot::Progress{fraction, message};
    const auto now = real_clock().boot_now();
    if (now - told_at_ < kBetweenProgress) return;
    told_at_ = now;
    send(*std::exchange(latest_, std::nullopt));
  }
  /// The last word of a job.
  void flush_progress() {
    const MutexLock lock{mutex_};
    if (latest_) send(*std::exchange(latest_, std::nullopt));
    told_at_ = {};
  }

  JobId enqueue_child(std::string_view task, const json& args, EnqueueOptions options) override {
    const std::vector<std::uint8_t> bytes = json::to_cbor(args);
    const MutexLock one_at_a_time{enqueuing_};
    send(slot::Enqueue{
        std::string{task}, {bytes.begin(), bytes.end()}, slot::pack_options(options)});
    MutexLock lock{mutex_};
    while (!enqueued_) answered_.wait(lock);
    const slot::Enqueued answer = *std::exchange(enqueued_, std::nullopt);
    if (answer.id) return answer.id;
    throw Error{static_cast<ErrorCode>(answer.code), answer.error};
  }
  void extend_lock() override {
    {
      const MutexLock lock{mutex_};
      const auto now = real_clock().boot_now();
      if (now - extended_at_ < kBetweenProgress) return;
      extended_at_ = now;
    }
    send(slot::ExtendLock{});
  }
  void write_liveness(const std::string& /*task*/) override { send(slot::WriteLiveness{}); }
  void push_metrics(const std::string& /*task*/, std::vector<Metric> metrics) override {
    send(slot::PushMetrics{std::move(metrics)});
  }
  void take_answer(slot::Enqueued answer) {
    const MutexLock lock{mutex_};
    enqueued_ = std::move(answer);
    answered_.notify_all();
  }

  void send(const slot::ToWorker& message) {
    // A copy of this process that the task has forked is not the worker's slot.
    if (::getpid() != process_) return;
    has_spoken_ = true;
    if (!channel_.send(encode(message))) ::_exit(kCutOffExit);
  }
  bool is_original() const { return ::getpid() == process_; }
  /// Whether anything was said since the last call.
  bool take_has_spoken() { return has_spoken_.exchange(false); }

 private:
  Channel& channel_;
  const pid_t process_ = ::getpid();
  std::atomic<bool> has_spoken_{false};
  Mutex enqueuing_;
  Mutex mutex_;
  CondVar answered_;
  std::optional<slot::Enqueued> enqueued_ STINT_GUARDED_BY(mutex_);
  std::optional<slot::Progress> latest_ STINT_GUARDED_BY(mutex_);
  std::chrono::nanoseconds told_at_ STINT_GUARDED_BY(mutex_){0};
  std::chrono::nanoseconds extended_at_ STINT_GUARDED_BY(mutex_){0};
};

/// What to execute, and the pipes for it.
struct Work {
  std::variant<slot::Start, slot::Burst> what;
  std::vector<UniqueFd> pipes;
};

class SlotServer final {
 public:
  explicit SlotServer(Channel& channel)
      : channel_(channel), host_(std::make_shared<RemoteHost>(channel)) {}

  int serve(const PrepareSlot& prepare);

 private:
  void listen();
  void take(slot::ToSlot message, std::vector<UniqueFd> descriptors);
  void give_work(Work work);
  void stop_run(const slot::Stop& stop);
  Work next_work();
  void work(const RunEnvironment& environment, Contexts& contexts, Work work);
  void end_with(slot::End end);
  void execute_burst(const RunEnvironment& environment, Contexts& contexts, slot::Burst burst);
  slot::End execute_job(const RunEnvironment& environment, Contexts& contexts, slot::Start start);
  Completion execute_run(const RunEnvironment& environment, Contexts& contexts, slot::Start start,
                         slot::End& end);

  Channel& channel_;
  const std::shared_ptr<RemoteHost> host_;
  const Output output_;
  UniqueFd lock_;  // of the task's runner; open as long as the task runs
  std::optional<BurstPage> page_;
  QuietCheck check_;
  std::unique_ptr<AttemptConnection> attempts_;
  Mutex mutex_;
  CondVar changed_;
  std::optional<Work> work_ STINT_GUARDED_BY(mutex_);
  std::shared_ptr<JobRun> run_ STINT_GUARDED_BY(mutex_);
  std::optional<slot::Stop> early_stop_
      STINT_GUARDED_BY(mutex_);  // it came before its run was made
};

int SlotServer::serve(const PrepareSlot& prepare) {
  outlive_stop_signals();
  ChannelMessage first;
  if (channel_.wait(first) != Received::kMessage) return 0;
  const auto message = slot::decode_for_slot(first.text);
  const auto* hello = message ? std::get_if<slot::Hello>(&*message) : nullptr;
  constexpr std::size_t kOwn = 2;  // the crash report and the page
  if (hello == nullptr || first.descriptors.size() < kOwn) return kUnfitExit;
  std::vector<UniqueFd> module_files{
      std::move_iterator{first.descriptors.begin() + static_cast<std::ptrdiff_t>(kOwn)},
      std::move_iterator{first.descriptors.end()}};
  std::shared_ptr<const RunEnvironment> environment;
  try {
    environment = prepare(*hello, std::move(module_files));
  } catch (const std::exception& error) {
    host_->send(slot::Unfit{error.what()});
    return kUnfitExit;
  }
  install_crash_report(first.descriptors[0].release());
  page_.emplace(first.descriptors[1]);
  std::thread{[this] { listen(); }}.detach();  // it ends the process
  Contexts contexts{environment->registry->contexts(), environment->settings,
                    environment->contexts};
  host_->send(slot::Ready{});
  for (;;) work(*environment, contexts, next_work());
}

void SlotServer::work(const RunEnvironment& environment, Contexts& contexts, Work work) {
  Output::lead_to(work.pipes);
  if (work.pipes.size() > 2) {
    lock_ = std::move(work.pipes[2]);
    ::fcntl(lock_.get(), F_SETFD, 0);  // what the task starts keeps the lock too
  }
  work.pipes.clear();
  if (auto* burst = std::get_if<slot::Burst>(&work.what)) {
    execute_burst(environment, contexts, std::move(*burst));
  } else {
    end_with(execute_job(environment, contexts, std::move(std::get<slot::Start>(work.what))));
  }
}

/// Tell the worker, which then may send the next job at once.
void SlotServer::end_with(slot::End end) {
  output_.lead_back();
  lock_.reset();
  host_->flush_progress();
  host_->send(std::move(end));
}

/// As long as a job leaves nothing by which it could be mistaken for the next, its end goes into
/// the page; the first other one ends the burst.
void SlotServer::execute_burst(const RunEnvironment& environment, Contexts& contexts,
                               slot::Burst burst) {
  std::size_t next = 0;
  // A task that writes anywhere must not have the next job begin where another slot has it by now.
  for (;;) {
    if (!page_->is_sound(next, burst.jobs.size())) ::_exit(kUnfitExit);
    if (!page_->begin_next()) break;
    host_->take_has_spoken();
    check_.begin();
    slot::End end = execute_job(environment, contexts, {std::move(burst.jobs[next++]), {}});
    Output::flush();
    const bool is_quiet = !end.retires && !host_->take_has_spoken() && check_.is_quiet();
    if (!is_quiet || !page_->leave_end(encode(slot::ToWorker{end}))) {
      page_->close();
      return end_with(std::move(end));
    }
  }
  output_.lead_back();
  host_->send(slot::Idle{});
}

/// Read what the worker says, while the first thread is busy with a job.
void SlotServer::listen() {
  for (;;) {
    ChannelMessage message;
    if (channel_.wait(message) != Received::kMessage) ::_exit(0);  // the worker is gone
    std::optional<slot::ToSlot> known = slot::decode_for_slot(message.text);
    if (!known) ::_exit(kUnfitExit);
    take(std::move(*known), std::move(message.descriptors));
  }
}

void SlotServer::take(slot::ToSlot message, std::vector<UniqueFd> descriptors) {
  if (auto* start = std::get_if<slot::Start>(&message)) {
    give_work({std::move(*start), std::move(descriptors)});
  } else if (auto* burst = std::get_if<slot::Burst>(&message)) {
    give_work({std::move(*burst), std::move(descriptors)});
  } else if (const auto* stop = std::get_if<slot::Stop>(&message)) {
    stop_run(*stop);
  } else if (auto* answer = std::get_if<slot::Enqueued>(&message)) {
    host_->take_answer(std::move(*answer));
  }
}

void SlotServer::give_work(Work work) {
  const MutexLock lock{mutex_};
  work_ = std::move(work);
  changed_.notify_all();
}

void SlotServer::stop_run(const slot::Stop& stop) {
  std::shared_ptr<JobRun> run;
  {
    const MutexLock lock{mutex_};
    if (run_ && run_->id() == stop.id && run_->epoch() == stop.epoch) {
      run = run_;
    } else {
      early_stop_ = stop;
    }
  }
  if (run) run->request_stop(stop.reason, stop.message);
}

Work SlotServer::next_work() {
  MutexLock lock{mutex_};
  while (!work_) changed_.wait(lock);
  return *std::exchange(work_, std::nullopt);
}

slot::End SlotServer::execute_job(const RunEnvironment& environment, Contexts& contexts,
                                  slot::Start start) {
  const auto begun_at = real_clock().boot_now();
  slot::End end;
  const ClaimedJob job = start.job;
  try {
    end.completion = execute_run(environment, contexts, std::move(start), end);
  } catch (const std::exception& error) {  // before the task was called
    end.completion = end_before_task(job, error);
    if (const auto* own = dynamic_cast<const Error*>(&error)) end.error_code = own->code();
  }
  if (!host_->is_original()) ::_exit(0);
  const auto now = real_clock().boot_now();
  using std::chrono::duration_cast;
  end.completion.ran_for = duration_cast<microseconds>(now - begun_at);
  end.completion.ended_before = -duration_cast<microseconds>(now);  // the exchanger adds the write
  return end;
}

Completion SlotServer::execute_run(const RunEnvironment& environment, Contexts& contexts,
                                   slot::Start start, slot::End& told) {
  json args = unpack_payload(start.job.args, std::move(start.attachments));
  const auto run = std::make_shared<JobRun>(start.job, std::move(args), host_, real_clock());
  run->set_lease({.token = start.lock_token});
  const detail::TaskDeclaration* task = environment.registry->find_task(run->task());
  // However this ends: a transaction that lived on would hold what the task has locked.
  const Cleanup forget{[this, &run] {
    run->end_transaction();
    const MutexLock lock{mutex_};
    run_.reset();
  }};
  // Before any limit of the task is set: the environment may hold what is needed to connect.
  if (task != nullptr) begin_transaction(*run, *task, environment, attempts_);
  std::optional<slot::Stop> early;
  {
    const MutexLock lock{mutex_};
    run_ = run;
    early = std::exchange(early_stop_, std::nullopt);
  }
  if (early && early->id == run->id() && early->epoch == run->epoch()) stop_run(*early);
  Completion end;
  {
    LimitScope limits{task == nullptr ? TaskOptions{} : task->options};
    end = execute(*run, environment, contexts);
    told.retires = limits.is_for_good();
    told.error_code = run->error_code();
    const bool is_limited = task != nullptr && task->options.max_memory > 0;
    if (is_limited && end.error.find("\"std::bad_alloc\"") != std::string::npos) {
      end.cause = "out of memory";
    }
  }
  return end;
}

}  // namespace

int serve_slot(Channel& channel, const PrepareSlot& prepare) {
  return SlotServer{channel}.serve(prepare);
}

}  // namespace stint
