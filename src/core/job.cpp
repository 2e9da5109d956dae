#include "stint/job.hpp"

namespace stint {

Transaction& Job::transaction() {
  throw Error{ErrorCode::kUsage,
              "the task " + task() + " has no transaction: declare it with .transaction = true"};
}

void Job::check_stop() const {
  const StopReason reason = stop_reason();
  if (reason != StopReason::kNone) throw Stopped{reason};
}

}  // namespace stint
