/// The table of backends of the roles beside the store: who holds locks, keeps stamps, takes
/// metrics.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "stint/liveness.hpp"
#include "stint/lock_backend.hpp"
#include "stint/metrics.hpp"
#include "stint/module.hpp"
#include "stint/one_instance_lock.hpp"
#include "stint/settings.hpp"

namespace stint {

/// A lock that is described but not asked for yet.
struct DescribedLock {
  std::unique_ptr<LockBackend> backend;
  LockOptions options;
};

/// Make what `[one_instance]` describes for a task. `own` are the modules' backends; `key` replaces
/// the setting if it is not empty. Connects to nothing yet. Throws ConfigurationError.
DescribedLock open_lock(const Settings& settings, std::span<const detail::BackendDeclaration> own,
                        std::string_view task, std::string_view key = {});

/// Make what `[liveness]` describes for a task. Never null. Throws ConfigurationError.
std::unique_ptr<LivenessBackend> open_liveness(const Settings& settings,
                                               std::span<const detail::BackendDeclaration> own,
                                               std::string_view task);

/// Make what `[metrics]` describes. Never null. Throws ConfigurationError.
std::unique_ptr<MetricsSink> open_metrics(const Settings& settings,
                                          std::span<const detail::BackendDeclaration> own);

/// Find what is wrong with the roles' settings as far as no server has to be asked: names of
/// backends that nobody has, each with the nearest one, and times of a lock that leave no room for
/// its renewals.
std::vector<std::string> check_roles(const Settings& settings,
                                     std::span<const detail::BackendDeclaration> own);

}  // namespace stint
