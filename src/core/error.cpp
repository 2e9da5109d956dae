#include "stint/error.hpp"
#include <string_view>

namespace stint {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

std::string_view phrase(StopReason reason) {
  switch (reason) {
    case StopReason::kNone:
      break;
    case StopReason::kAborted:
      return "somebody aborted it";
    case StopReason::kTimeout:
      return "its timeout has passed";
    case StopReason::kShutdown:
      return "its worker is shutting down";
    case StopReason::kLost:
      return "its right to run was lost";
  }
  return "no reason was given";
}

}  // namespace

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal:
      break;
    case ErrorCode::kFailed:
      return 1;
    case ErrorCode::kUsage:
    case ErrorCode::kInvalid:
      return 2;
    case ErrorCode::kNotFound:
      return 3;
    case ErrorCode::kNotOwner:
      return 4;
    case ErrorCode::kLost:
      return 5;
    case ErrorCode::kUnavailable:
      return 69;
    case ErrorCode::kBusy:
      return 75;
    case ErrorCode::kConfiguration:
      return 78;
  }
  return 70;
}

ConfigurationError::ConfigurationError(std::vector<std::string> problems)
    : Error(ErrorCode::kConfiguration, joined(problems)), problems_(std::move(problems)) {}

JobFailed::JobFailed(JobId id, JobState state, std::string cause, const std::string& message)
    : Error(ErrorCode::kFailed, message), id_(id), state_(state), cause_(std::move(cause)) {}

Stopped::Stopped(StopReason reason)
    : std::runtime_error("the job was asked to stop: " + std::string{phrase(reason)}),
      reason_(reason) {}

}  // namespace stint
