#include "runtime/slot_processes.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>
#include <fmt/format.h>
#include "base/log.hpp"
#include "process/crash_report.hpp"
#include "runtime/slot_program.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

// Processes a second that are started once the burst is used up.
constexpr double kStartsPerSecond = 5;
// From SIGKILL to the end of a process and of all that it has started.
constexpr std::chrono::nanoseconds kLongestSpareDeath = std::chrono::seconds{1};

}  // namespace

SlotProcess::~SlotProcess() {
  if (!memory || !child) return;
  // The group can be removed once nothing is in it.
  child->kill();
  child->wait(kLongestSpareDeath);
}

bool SlotProcess::bound_memory(std::int64_t bytes) {
  if (bytes <= 0) return memory && memory->limit(0);
  if (!memory) {
    memory = MemoryGroup::make();
    if (memory && !memory->add(child->pid())) memory.reset();
  }
  return memory && memory->limit(bytes);
}

SlotProcesses::SlotProcesses(std::shared_ptr<Keeper> keeper, SlotProcessOptions options,
                             Clock& clock)
    : keeper_(std::move(keeper)),
      options_(std::move(options)),
      hello_(slot::encode(slot::ToSlot{options_.hello})),
      clock_(clock),
      allowance_(options_.burst) {}

std::unique_ptr<SlotProcess> SlotProcesses::take() {
  std::unique_ptr<SlotProcess> process;
  {
    const MutexLock lock{mutex_};
    process = std::move(spare_);
  }
  // One that died while it waited says so at its first use; most are found here.
  if (process && !process->child->status()) return process;
  return start();
}

void SlotProcesses::refill() {
  if (!options_.keeps_spare) return;
  {
    const MutexLock lock{mutex_};
    if (spare_) return;
  }
  if (!may_start_now()) return;  // a job's end must not wait for that
  try {
    std::unique_ptr<SlotProcess> process = start();
    const MutexLock lock{mutex_};
    if (!spare_) spare_ = std::move(process);
  } catch (const Error& error) {
    log_warning("worker", "no spare slot process: {}", error.what());
  }
}

int SlotProcesses::runs_left(const SlotProcess& process) const {
  if (options_.most_runs <= 0) return std::numeric_limits<int>::max();
  return std::max(options_.most_runs - process.runs, 0);
}

std::unique_ptr<SlotProcess> SlotProcesses::start() {
  wait_for_turn();
  auto [ours, theirs] = Channel::make_pair();
  auto process = std::make_unique<SlotProcess>();
  process->crash_report = make_crash_report();
  const UniqueFd shared = make_burst_page();
  process->page = std::make_unique<BurstPage>(shared);
  process->channel = std::make_unique<Channel>(std::move(ours));
  SpawnOptions program = slot_program(theirs.get());
  if (options_.inherits_input && ::fcntl(STDIN_FILENO, F_GETFD) >= 0) {
    program.descriptors.emplace_back(STDIN_FILENO, STDIN_FILENO);
  }
  process->child = keeper_->spawn(program);
  theirs.reset();
  std::vector<int> descriptors{process->crash_report.get(), shared.get()};
  std::ranges::copy(options_.module_files, std::back_inserter(descriptors));
  if (!process->channel->send(hello_, descriptors)) {
    throw Error{
        ErrorCode::kUnavailable, "a slot process died as it was started", {.retryable = true}};
  }
  return process;
}

void SlotProcesses::count_allowance() {
  const std::chrono::nanoseconds now = clock_.boot_now();
  if (counted_at_.count() > 0) {
    const double passed = std::chrono::duration<double>(now - counted_at_).count();
    allowance_ = std::min<double>(options_.burst, allowance_ + passed * kStartsPerSecond);
  }
  counted_at_ = now;
}

bool SlotProcesses::may_start_now() {
  if (!starting_.try_lock()) return false;  // somebody waits
  count_allowance();
  const bool may_start = allowance_ >= 1;
  starting_.unlock();
  return may_start;
}

void SlotProcesses::wait_for_turn() {
  const MutexLock lock{starting_};
  for (;;) {
    count_allowance();
    if (allowance_ >= 1) break;
    log_debug("worker", "slot processes die as fast as they are started; waiting");
    Mutex nobody;
    MutexLock waiting{nobody};
    CondVar never;
    never.wait_for(waiting, std::chrono::duration<double>((1 - allowance_) / kStartsPerSecond));
  }
  allowance_ -= 1;
}

}  // namespace stint
