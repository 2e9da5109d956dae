#include "runtime/process_slot.hpp"
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <utility>
#include "base/log.hpp"
#include "core/date_arguments.hpp"
#include "process/find_children.hpp"
#include "runtime/process_execution.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

// A burst notices the end of a job's time some milliseconds late.
constexpr std::chrono::milliseconds kShortTimeout{100};
// From SIGKILL to the end of a process and of all that it has started.
constexpr std::chrono::seconds kLongestDeath{6};

OutputPipes own_output() {
  OutputPipes pipes;  // nothing is read: the job's ends are ours
  pipes.out_write.reset(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  pipes.error_write.reset(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  for (UniqueFd* const end : {&pipes.out_write, &pipes.error_write}) {
    if (!*end) end->reset(::open("/dev/null", O_WRONLY | O_CLOEXEC));  // it is closed here
  }
  return pipes;
}

// Whether the arguments may hold a date that was stored unresolved: somebody must look at each.
bool may_hold_dates(const Registry& registry, const std::string& name) {
  const detail::TaskDeclaration* const task = registry.find_task(name);
  return task != nullptr && takes_dates(*task);
}

}  // namespace

ProcessSlot::ProcessSlot(std::shared_ptr<SlotProcesses> processes,
                         std::shared_ptr<const Registry> registry, std::shared_ptr<JobHost> host,
                         ProcessSlotOptions options, const Clock& clock)
    : processes_(std::move(processes)),
      registry_(std::move(registry)),
      host_(std::move(host)),
      options_(options),
      clock_(clock) {}

ProcessSlot::~ProcessSlot() = default;

void ProcessSlot::start_ahead() {
  if (!process_) process_ = processes_->take();
}

Completion ProcessSlot::execute(JobRun& run, std::vector<std::string> attachments) {
  is_next_alone_ = false;
  if (process_ && process_->child->status()) process_.reset();  // it died between two jobs
  // What it holds already would count for this job.
  const TaskOptions* const task = find_options(run.task());
  const std::int64_t limit = task == nullptr ? 0 : task->max_memory;
  if (process_ && limit > 0 && process_->memory_used() > limit / 2) process_.reset();
  if (!process_) process_ = processes_->take();
  ++process_->runs;
  return drive(run, options_.captures ? OutputPipes::make() : own_output(),
               [&](ProcessExecution& execution) { return execution.work(std::move(attachments)); });
}

Completion ProcessSlot::go_on(JobRun& run, BegunJob begun) {
  return drive(run, std::move(begun.pipes), [&](ProcessExecution& execution) {
    return execution.go_on(std::move(begun.message));
  });
}

template <typename Work>
Completion ProcessSlot::drive(JobRun& run, OutputPipes pipes, const Work& work) {
  if (!wake_) wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) {
    throw Error{ErrorCode::kUnavailable, "no descriptors are left", {.retryable = true}};
  }
  run.set_place({.process = process_->child->view()});
  bool is_usable = false;
  Completion end;
  try {
    const AttachedDeadline deadline{run.lease().deadline, *process_->child};
    ProcessExecution execution{*process_, run,         *host_,           *registry_,
                               options_,  wake_.get(), std::move(pipes), clock_};
    end = work(execution);
    is_usable = execution.is_process_usable();
    quick_.note(run.task(), end.ran_for, is_usable && execution.is_quiet());
  } catch (...) {
    drop_process();
    throw;
  }
  const bool is_left = options_.ends_all && is_usable && has_company(process_->child->pid());
  if (is_left) log_debug("worker", "{} has left processes behind: they are ended", run.task());
  if (!is_usable || is_left || !processes_->is_reusable(*process_)) drop_process();
  processes_->refill();
  return end;
}

void ProcessSlot::drop_process() {
  if (options_.ends_all && process_) {
    process_->child->kill();
    process_->child->wait(kLongestDeath);
  }
  process_.reset();
}

const TaskOptions* ProcessSlot::find_options(const std::string& task) const {
  const detail::TaskDeclaration* const found = registry_->find_task(task);
  return found == nullptr ? nullptr : &found->options;
}

/// Whether each of its jobs has something to itself: a bound of memory, a transaction.
bool ProcessSlot::has_own_needs(const std::string& name) const {
  const TaskOptions* const task = find_options(name);
  return task != nullptr && (task->max_memory > 0 || task->transaction);
}

int ProcessSlot::most_together(const ClaimedJob& job) const {
  // Of these, none may have begun when somebody else believes that it has not, or must be alone.
  const bool is_plain = !job.flags.at_most_once() && !job.flags.exclusive() && job.crashes == 0 &&
                        !job.has_attachments && !is_next_alone_ && !has_own_needs(job.task) &&
                        !may_hold_dates(*registry_, job.task) &&
                        (job.timeout.count() <= 0 || job.timeout >= kShortTimeout);
  if (!is_plain || !process_ || !process_->is_ready || process_->child->status()) return 1;
  return std::min(quick_.most_together(job.task), processes_->runs_left(*process_));
}

BurstReport ProcessSlot::execute_together(std::span<const ClaimedJob> jobs) {
  is_next_alone_ = true;  // else those that could not begin would be tried for ever
  BurstReport report = run_burst(*process_, jobs);
  is_next_alone_ = report.ended.empty() && !report.begun;
  log_debug("worker", "{} of {} jobs together", report.ended.size(), jobs.size());
  for (std::size_t i = 0; i < report.ended.size(); ++i) {
    quick_.note(jobs[i].task, report.ended[i].ran_for, true);
  }
  process_->runs += static_cast<int>(report.ended.size()) + (report.begun ? 1 : 0);
  if (report.begun) return report;  // `go_on` sees to the process
  if (!report.is_process_usable || !processes_->is_reusable(*process_)) process_.reset();
  processes_->refill();
  return report;
}

}  // namespace stint
