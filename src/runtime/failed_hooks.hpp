/// Tell the modules' hooks of a failed attempt.
#pragma once
#include <memory>
#include <optional>
#include "core/job_records.hpp"
#include "runtime/contexts.hpp"
#include "runtime/executor.hpp"
#include "stint/hooks.hpp"

namespace stint {

/// Whether an attempt failed: not that it was aborted, put itself off or went back.
bool is_failure(Outcome outcome);

/// Describe a failed attempt after which the job has the state `now`.
FailedAttempt describe_failure(const ClaimedJob& job, const Completion& end, JobState now);

/// Call the hooks one after the other. For one thread.
class FailedHooks final {
 public:
  explicit FailedHooks(std::shared_ptr<const RunEnvironment> environment);

  bool empty() const { return environment_->registry->failed_hooks().empty(); }
  /// What a hook throws is logged.
  void call(const FailedAttempt& attempt) noexcept;

 private:
  const std::shared_ptr<const RunEnvironment> environment_;
  Contexts contexts_;  // of the thread
};

}  // namespace stint
