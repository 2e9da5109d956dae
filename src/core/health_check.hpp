/// One thing that `doctor` has looked at.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace stint {

enum class HealthStatus : std::uint8_t {
  kOk,
  kWarning,  ///< it works, but will not for ever, or not as well as it could
  kProblem,  ///< jobs do not run, or may be lost
  kUnknown,  ///< it could not be looked at: nothing is said
};

/// What was found, what it means and what to do. All texts are for people; nothing of them is
/// secret.
struct HealthCheck {
  std::string name;  ///< stable, for programs: "oldest_transaction"
  HealthStatus status = HealthStatus::kOk;
  std::string value = {};    ///< what was found, in a few words
  std::string meaning = {};  ///< what that does to jobs
  std::string advice = {};   ///< empty: nothing is to be done
};

/// "ok", "warning", "problem", "unknown".
std::string_view to_string(HealthStatus status);

}  // namespace stint
