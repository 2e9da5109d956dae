#include "stint/worker_event.hpp"

namespace stint {

std::string_view to_string(WorkerEventKind kind) {
  switch (kind) {
    case WorkerEventKind::kRegistered:
      return "registered";
    case WorkerEventKind::kLeaseLost:
      return "lease lost";
    case WorkerEventKind::kRescued:
      return "rescued";
    case WorkerEventKind::kLeft:
      return "left";
    case WorkerEventKind::kStarted:
      return "started";
    case WorkerEventKind::kProgress:
      return "progress";
    case WorkerEventKind::kDone:
      return "done";
    case WorkerEventKind::kRetry:
      return "retry";
    case WorkerEventKind::kFailed:
      return "failed";
    case WorkerEventKind::kAborted:
      return "aborted";
    case WorkerEventKind::kSnoozed:
      return "snoozed";
    case WorkerEventKind::kInterrupted:
      return "interrupted";
    case WorkerEventKind::kFenced:
      return "fenced";
  }
  return "unknown";
}

}  // namespace stint
