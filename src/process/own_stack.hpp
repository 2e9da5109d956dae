/// Where a thread of this process is.
#pragma once
#include <sys/types.h>
#include <chrono>
#include "process/thread_stacks.hpp"

namespace stint {

/// Read the stack of another thread of this process: a real-time signal makes that thread write
/// down where it is. A system call that it waits in goes on where the kernel can resume it; a
/// sleep, a poll or the like ends with EINTR. A thread that does not answer within `patience`, as
/// it blocks all signals, comes back with a problem that tells its state. Never throws for want of
/// elfutils' library: then only functions of shared objects have names. One look at a time; others
/// wait for it.
ThreadStack read_own_stack(pid_t thread,
                           std::chrono::nanoseconds patience = std::chrono::seconds{1});

}  // namespace stint
