/// What a task that is a program is told by its environment.
#pragma once
#include <array>
#include <string_view>

namespace stint {

inline constexpr std::string_view kJobIdVariable = "STINT_JOB_ID";
inline constexpr std::string_view kTaskVariable = "STINT_TASK";
inline constexpr std::string_view kAttemptVariable = "STINT_ATTEMPT";
inline constexpr std::string_view kFencingTokenVariable = "STINT_FENCING_TOKEN";

/// All of them: twins of no setting, and not to be set by anybody else.
inline constexpr std::array kTaskVariables = {kJobIdVariable, kTaskVariable, kAttemptVariable,
                                              kFencingTokenVariable};

}  // namespace stint
