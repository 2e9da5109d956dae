#include "stint/job.hpp"
#include "core/trace_context.hpp"

namespace stint {

Transaction& Job::transaction() {
  throw Error{ErrorCode::kUsage,
              "the task " + task() + " has no transaction: declare it with .transaction = true"};
}

Liveness& Job::liveness() {
  throw Error{ErrorCode::kUsage, "the task " + task() + " runs where no liveness is kept"};
}

Metrics& Job::metrics() {
  throw Error{ErrorCode::kUsage, "the task " + task() + " runs where no metrics are taken"};
}

std::string Job::traceparent() const { return traceparent_of(metadata()); }

void Job::set_traceparent(std::string_view /*traceparent*/) {
  throw Error{ErrorCode::kUsage, "the task " + task() + " runs where no trace is carried on"};
}

void Job::check_stop() const {
  const StopReason reason = stop_reason();
  if (reason != StopReason::kNone) throw Stopped{reason};
}

}  // namespace stint
