#include "stint/job.hpp"

namespace stint {

void Job::check_stop() const {
  const StopReason reason = stop_reason();
  if (reason != StopReason::kNone) throw Stopped{reason};
}

}  // namespace stint
