/// Call the hooks that modules put round every task.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include "stint/hooks.hpp"
#include "stint/json.hpp"

namespace stint {

/// Call `task`, which returns the output, within all hooks, the first one outermost. Throws what
/// comes out of them; what a hook caught of the task and did not throw again is thrown on. Throws
/// Error kUsage for a hook that calls what it is round not at all, or twice.
std::optional<json> call_within_hooks(std::span<const detail::AroundDeclaration> hooks,
                                      detail::Invocation& invocation,
                                      const std::function<std::optional<json>()>& task);

}  // namespace stint
