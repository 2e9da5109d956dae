#include "runtime/slots.hpp"
#include <unistd.h>
#include <span>
#include <utility>
#include "base/log.hpp"
#include "base/test_point.hpp"
#include "core/date_arguments.hpp"
#include "core/declaration_check.hpp"
#include "runtime/transaction_run.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

std::chrono::microseconds micros(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

/// The Bytes of the arguments, which are kept out of line: read now.
std::vector<std::string> load_bytes(const ClaimedJob& job, Store& store) {
  if (!job.has_attachments) return {};
  return store.load_attachments(job.id, Store::Attachments::kArguments);
}

/// A program that did not know the task has stored date math. Each attempt must see the same date:
/// nothing if the job is as it must be.
std::optional<ClaimedJob> with_dates(const ClaimedJob& job, const SlotContext& context) {
  const detail::TaskDeclaration* task = context.environment->registry->find_task(job.task);
  if (task == nullptr || !takes_dates(*task)) return std::nullopt;
  ClaimedJob result = job;
  resolve_stored_dates(*task, result.args, [&] {
    const std::optional<JobRecord> record = context.store->find_job(job.id);
    return record ? record->created_at : context.clock.system_now();  // gone: it is fenced, too
  });
  return result;
}

bool runs_in_process(const SlotContext& context, const ClaimedJob& job) {
  if (!context.processes) return false;
  const detail::TaskDeclaration* task = context.environment->registry->find_task(job.task);
  if (task == nullptr || task->program) return false;  // a program is a process of its own
  return context.isolates_all || needs_process(task->options);
}

/// Whether the page tells of the job, should this worker die. The code of one in a process cannot
/// be what a worker died of; but one that may never run twice is told of wherever it runs.
bool is_noted(const SlotContext& context, const ClaimedJob& job) {
  return context.page && (job.flags.at_most_once() || !runs_in_process(context, job));
}

/// Whoever sees this worker die must still find a job that may never run twice, though it has
/// ended, for as long as the store does not know of its end.
bool must_be_written_first(const SlotContext& context, const ClaimedJob& job) {
  return context.page != nullptr && job.flags.at_most_once();
}

void clear_once_written(int number, const SlotContext& context, const ClaimedJob& job) {
  if (context.board->wait_written(job)) context.page->end(number);
}

/// Count an end that was written in the attempt's own transaction: no exchanger sees it.
void count_written(WorkerMetrics& metrics, const Completion& end) {
  if (*end.written == WriteResult::kAccepted) return metrics.count_end(end);
  metrics.fenced.add();
  log_warning("worker",
              "what job {} (epoch {}) wrote was rolled back: it has ended or was given to another",
              end.id.value, end.epoch.value);
}

/// An attempt that goes back with an error: something that it needed of the store was not there.
void tell_of_return(const Completion& end) {
  if (end.outcome != Outcome::kInterrupted && end.outcome != Outcome::kSnoozed) return;
  if (end.error.empty()) return;
  log_warning("worker", "job {} goes back: {}", end.id.value, error_message(end));
}

/// Tell of an attempt's end before it is handed in.
void tell_of_end(WorkerEvents* events, const ClaimedJob& job, const Completion& end) {
  if (events == nullptr) return;
  events->ended(job, end);
  if (!end.written) return;  // the exchanger will tell
  // In its own transaction an attempt writes nothing but its success.
  const bool is_taken = *end.written == WriteResult::kAccepted;
  events->written(end, is_taken ? std::optional{JobState::kDone} : std::nullopt);
}

/// Count a job that began at `started` on the boot clock.
void count_begun(WorkerMetrics& metrics, const ClaimedJob& job, std::chrono::nanoseconds started) {
  metrics.wait.observe(job.waited + (started - job.claimed_at));
}

}  // namespace

Slots::Slots(int count, std::shared_ptr<const SlotContext> context)
    : context_(std::move(context)), slots_(static_cast<std::size_t>(count)) {}

Slots::~Slots() {
  std::vector<Slot> slots;
  {
    const MutexLock lock{mutex_};
    slots.swap(slots_);
  }
  for (Slot& slot : slots) {
    if (slot.thread.joinable()) slot.thread.join();
  }
}

void Slots::start() {
  const MutexLock lock{mutex_};
  for (std::size_t i = 0; i < slots_.size(); ++i) start_thread(i, nullptr);
}

void Slots::start_thread(std::size_t index, const std::shared_ptr<JobRun>& unwritten) {
  Slot& slot = slots_[index];
  slot.cell = std::make_shared<Cell>();
  slot.thread = std::thread{[number = static_cast<int>(index), context = context_, cell = slot.cell,
                             abandoned = abandoned_, unwritten] {
    if (unwritten) clear_once_written(number, *context, unwritten->job());
    if (!work(number, *context, *cell)) --*abandoned;
  }};
}

bool Slots::work(int number, const SlotContext& context, Cell& cell) {
  const RunEnvironment& environment = *context.environment;
  Places places{
      .contexts{environment.registry->contexts(), environment.settings, environment.contexts},
      .process{context.processes, environment.registry, context.host, context.process,
               context.clock}};
  while (std::optional<ClaimedJob> job = context.board->take_job()) {
    if (!run_next(number, context, cell, places, *job)) return false;
  }
  return true;
}

bool Slots::run_next(int number, const SlotContext& context, Cell& cell, Places& places,
                     const ClaimedJob& job) {
  const int most = runs_in_process(context, job) ? places.process.most_together(job) : 1;
  if (most <= 1) return run_job(number, context, cell, places, job, std::nullopt);
  JobBoard::Ahead ahead = context.board->take_ahead(most - 1, [&](const ClaimedJob& next) {
    return runs_in_process(context, next) && places.process.most_together(next) >= most;
  });
  if (ahead.jobs.empty()) return run_job(number, context, cell, places, job, std::nullopt);
  ahead.jobs.insert(ahead.jobs.begin(), job);
  return run_together(number, context, cell, places, std::move(ahead.jobs), ahead.claims);
}

/// Nothing is known of these jobs while they are quick. A stop reaches the one that is not as soon
/// as it has a run of its own: those who stop look again and again.
bool Slots::run_together(int number, const SlotContext& context, Cell& cell, Places& places,
                         std::vector<ClaimedJob> jobs, std::uint64_t claims) {
  BurstReport report;
  auto started = context.clock.boot_now();
  try {
    report = places.process.execute_together(jobs);
  } catch (const Error& error) {
    log_warning("worker", "jobs go back to the queue: {}", error.what());
  }
  const std::size_t ended = report.ended.size();
  const std::size_t begun = ended + (report.begun ? 1 : 0);
  context.board->put_back(std::span{jobs}.subspan(begun), claims);
  for (std::size_t i = 0; i < ended; ++i) {
    const auto took = report.ended[i].ran_for;
    if (context.events) context.events->started(jobs[i]);
    tell_of_end(context.events.get(), jobs[i], report.ended[i]);
    count_begun(*context.metrics, jobs[i], started);
    context.metrics->run.observe(took);
    started += took;  // they ran one after the other
    context.board->finish(jobs[i], std::move(report.ended[i]), took);
  }
  if (!report.begun) return true;
  return run_job(number, context, cell, places, jobs[ended], std::move(report.begun));
}

Completion Slots::execute_in(Places& places, const SlotContext& context, Cell& cell,
                             std::shared_ptr<JobRun>& run, const ClaimedJob& claimed,
                             std::optional<BegunJob> begun) {
  const std::optional<ClaimedJob> dated = with_dates(claimed, context);
  const ClaimedJob& job = dated ? *dated : claimed;
  const bool in_process = runs_in_process(context, job);
  const std::size_t most_log_bytes = context.environment->most_log_bytes;
  std::vector<std::string> bytes = load_bytes(job, *context.store);
  // In a process, they are unpacked there.
  json args = json::object();
  if (!in_process) args = unpack_payload(job.args, std::exchange(bytes, {}));
  try {
    run =
        std::make_shared<JobRun>(job, std::move(args), context.host, context.clock, most_log_bytes);
  } catch (...) {
    if (begun) places.process.discard();  // else the end of this job would come to the next one
    throw;
  }
  if (in_process) run->set_stopped_for_certain();
  {
    const MutexLock lock{cell.mutex};
    cell.run = run;
  }
  STINT_TEST_POINT("slot.before_task");
  Completion end;
  if (begun) {
    end = places.process.go_on(*run, *std::move(begun));
  } else if (in_process) {
    end = places.process.execute(*run, std::move(bytes));
  } else {
    run->set_place({.thread = ::gettid()});
    const detail::TaskDeclaration* task = context.environment->registry->find_task(job.task);
    if (task != nullptr) {
      begin_transaction(*run, *task, *context.environment, places.attempts);
    }
    const ThreadOutput output{{.most_bytes = most_log_bytes},
                              [&run](const OutputLine& line) { run->add_output(line); }};
    end = execute(*run, *context.environment, places.contexts);
  }
  STINT_TEST_POINT("slot.after_task");
  return end;
}

bool Slots::run_job(int number, const SlotContext& context, Cell& cell, Places& places,
                    const ClaimedJob& job, std::optional<BegunJob> begun) {
  if (is_noted(context, job)) context.page->begin(number, job.id, job.epoch);
  const auto started = context.clock.boot_now();
  count_begun(*context.metrics, job, started);
  if (context.events) context.events->started(job);
  std::shared_ptr<JobRun> run;
  Completion end;
  try {
    end = execute_in(places, context, cell, run, job, std::move(begun));
  } catch (const std::exception& error) {  // before the task was called
    end = end_before_task(job, error);
  }
  const auto now = context.clock.boot_now();
  {
    const MutexLock lock{cell.mutex};
    cell.run.reset();
  }
  if (run) run->end_transaction();  // of one that was not even called
  if (run && !run->take_end()) return false;
  context.metrics->run.observe(now - started);
  const bool is_lost = !end.written && run && run->stop_reason() == StopReason::kLost;
  const bool waits = !is_lost && !end.written && must_be_written_first(context, job);
  if (context.page && !waits) context.page->end(number);
  if (is_lost) {
    if (context.events) context.events->lost(job);
    context.board->drop(job);
    return true;
  }
  end.ran_for = micros(now - started);
  end.ended_before = -micros(now);  // the exchanger adds the moment of the write
  if (end.written) count_written(*context.metrics, end);
  tell_of_return(end);
  tell_of_end(context.events.get(), job, end);
  context.board->finish(job, std::move(end), now - started);
  if (waits) clear_once_written(number, context, job);
  return true;
}

std::vector<std::shared_ptr<JobRun>> Slots::running() {
  const MutexLock lock{mutex_};
  std::vector<std::shared_ptr<JobRun>> result;
  for (const Slot& slot : slots_) {
    const MutexLock cell_lock{slot.cell->mutex};
    if (slot.cell->run) result.push_back(slot.cell->run);
  }
  return result;
}

bool Slots::abandon(const std::shared_ptr<JobRun>& run, Completion end) {
  const MutexLock lock{mutex_};
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    {
      const MutexLock cell_lock{slots_[i].cell->mutex};
      if (slots_[i].cell->run != run) continue;
    }
    if (!run->take_end()) return false;
    log_error("worker", "the task {} of job {} ignores its stop; its thread is left to itself",
              run->task(), run->id().value);
    run->sever_transaction();
    slots_[i].thread.detach();
    const bool waits = must_be_written_first(*context_, run->job());
    if (context_->page && !waits) context_->page->end(static_cast<int>(i));
    const auto now = context_->clock.boot_now();
    end.ran_for = micros(now - run->started_at());
    end.ended_before = -micros(now);
    ++*abandoned_;
    context_->metrics->run.observe(now - run->started_at());
    tell_of_end(context_->events.get(), run->job(), end);
    context_->board->finish(run->job(), std::move(end), now - run->started_at());
    start_thread(i, waits ? run : nullptr);
    return true;
  }
  return false;
}

}  // namespace stint
