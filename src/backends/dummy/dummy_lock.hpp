/// A lock that excludes nobody, for development and for tasks that may run anywhere.
#pragma once
#include <memory>
#include "stint/lock_backend.hpp"

namespace stint {

/// Make a lock that is always granted.
std::unique_ptr<LockBackend> make_dummy_lock(const BackendOptions& options);

}  // namespace stint
