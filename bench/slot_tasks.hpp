/// The tasks by which slots are measured.
#pragma once
#include <chrono>
#include <cstdint>
#include "stint/module_definition.hpp"

namespace stint::bench {

/// They say what they see in the `SlotPage`: `slots.stamp` ends at once; `slots.hold` when it is
/// released or stopped; `slots.deaf` never, whatever is sent to it but SIGKILL; `slots.talk` works
/// for `lines` times `work` and writes a line after each ("nowhere", "log", "print").
STINT_DECLARE_MODULE(slots);

/// How much `work` takes this machine so long.
std::int64_t work_of(std::chrono::nanoseconds time);

}  // namespace stint::bench
