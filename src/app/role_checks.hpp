/// Whether the backends of locks, stamps and metrics answer.
#pragma once
#include <span>
#include <vector>
#include "core/health_check.hpp"
#include "stint/module.hpp"
#include "stint/settings.hpp"

namespace stint {

/// Ask each backend that the settings name, without changing anything there; each within about the
/// timeout of its settings. Never throws for a backend that does not answer.
std::vector<HealthCheck> check_role_backends(const Settings& settings,
                                             std::span<const detail::BackendDeclaration> own);

}  // namespace stint
