/// Locks and stamps in Redis or Valkey.
#pragma once
#include <memory>
#include "stint/liveness.hpp"
#include "stint/lock_backend.hpp"

namespace stint {

/// Make the lock `options.key`. Throws ConfigurationError; does not speak to the server yet.
std::unique_ptr<LockBackend> make_redis_lock(const BackendOptions& options);

/// Make the stamps `options.key`. Throws ConfigurationError; does not speak to the server yet.
std::unique_ptr<LivenessBackend> make_redis_liveness(const BackendOptions& options);

}  // namespace stint
