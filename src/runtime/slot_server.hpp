/// What a slot process does: take jobs from its worker and execute them, one at a time.
#pragma once
#include <functional>
#include <memory>
#include <vector>
#include "base/unique_fd.hpp"
#include "process/channel.hpp"
#include "runtime/executor.hpp"
#include "runtime/slot_messages.hpp"

namespace stint {

/// Make what executions need from what the worker told and the module files that came with it.
/// Throws for settings that do not fit.
using PrepareSlot = std::function<std::shared_ptr<const RunEnvironment>(
    const slot::Hello&, std::vector<UniqueFd> module_files)>;

/// Serve until the worker closes its end: then the process ends at once. Executes jobs on the
/// calling thread, which should be the process's first: it has the large stack. Returns the exit
/// code of a slot that could not be prepared.
int serve_slot(Channel& channel, const PrepareSlot& prepare);

}  // namespace stint
