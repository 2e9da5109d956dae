/// This program as a slot process of a worker.
#pragma once
#include <span>
#include "stint/module_definition.hpp"

namespace stint {

/// Serve the worker at the other end of the channel until it is gone. Returns the exit code.
int run_as_slot(int channel, std::span<const ModuleDefinition> modules);

}  // namespace stint
