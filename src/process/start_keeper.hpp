/// The start of a keeper.
#pragma once
#include <sys/types.h>
#include <memory>
#include "process/channel.hpp"

namespace stint {

/// A keeper that listens.
struct StartedKeeper {
  pid_t pid = -1;
  std::unique_ptr<Channel> channel = {};
};

/// Execute this program again as a keeper and wait until it listens. Throws Error kUnavailable; a
/// program that does not call `run_keeper_if_asked` gets kInternal.
StartedKeeper start_keeper();

/// Wait for the end of a keeper and forget it.
void reap_keeper(pid_t pid);

}  // namespace stint
