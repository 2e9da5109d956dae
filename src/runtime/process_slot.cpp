#include "runtime/process_slot.hpp"
#include <sys/eventfd.h>
#include <utility>
#include "runtime/process_execution.hpp"
#include "stint/error.hpp"

namespace stint {

ProcessSlot::ProcessSlot(std::shared_ptr<SlotProcesses> processes,
                         std::shared_ptr<const Registry> registry, std::shared_ptr<JobHost> host,
                         ProcessSlotOptions options, const Clock& clock)
    : processes_(std::move(processes)),
      registry_(std::move(registry)),
      host_(std::move(host)),
      options_(options),
      clock_(clock) {}

ProcessSlot::~ProcessSlot() = default;

Completion ProcessSlot::execute(JobRun& run, std::vector<std::string> attachments) {
  if (process_ && process_->child->status()) process_.reset();  // it died between two jobs
  if (!process_) process_ = processes_->take();
  if (!wake_) wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) {
    throw Error{ErrorCode::kUnavailable, "no descriptors are left", {.retryable = true}};
  }
  ++process_->runs;
  bool is_usable = false;
  Completion end;
  try {
    ProcessExecution execution{*process_, run, *host_, *registry_, options_, wake_.get(), clock_};
    end = execution.work(std::move(attachments));
    is_usable = execution.is_process_usable();
  } catch (...) {
    process_.reset();
    throw;
  }
  if (!is_usable || !processes_->is_reusable(*process_)) process_.reset();
  processes_->refill();
  return end;
}

}  // namespace stint
