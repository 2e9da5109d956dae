/// Stamps that nobody else sees.
#pragma once
#include <memory>
#include "stint/liveness.hpp"

namespace stint {

/// Keep the stamps in memory, as long as the object lives: for tests, and where nobody looks.
std::unique_ptr<LivenessBackend> make_dummy_liveness(const BackendOptions& options);

}  // namespace stint
