/// A lock for the processes of one machine: flock() on a file, freed by the kernel with its holder.
#pragma once
#include <memory>
#include "stint/lock_backend.hpp"

namespace stint {

/// Make the lock `options.key` in the folder `directory`. Throws Error kConfiguration.
std::unique_ptr<LockBackend> make_flock_lock(const BackendOptions& options);

}  // namespace stint
