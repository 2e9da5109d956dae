/// Consul as the server of one-instance locks and of liveness.
#pragma once
#include <memory>
#include "stint/liveness.hpp"
#include "stint/lock_backend.hpp"

namespace stint {

/// Throws ConfigurationError with every problem of the settings; does not speak to the server yet.
std::unique_ptr<LockBackend> make_consul_lock(const BackendOptions& options);
std::unique_ptr<LivenessBackend> make_consul_liveness(const BackendOptions& options);

}  // namespace stint
