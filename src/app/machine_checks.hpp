/// What `doctor` looks at on this machine, without a store.
#pragma once
#include <cstdint>
#include <string>
#include <vector>
#include "core/health_check.hpp"
#include "stint/settings.hpp"

namespace stint {

/// Room on one disk.
struct DiskRoom {
  std::int64_t free_bytes = 0;  ///< for this user
  std::int64_t total_bytes = 0;
};

// One judgement each. Pure.
HealthCheck judge_disk(const std::string& name, const std::string& folder, const DiskRoom& room);
/// `slots`: of a worker on this machine.
HealthCheck judge_descriptors(std::int64_t soft, std::int64_t hard, int slots);

/// Versions of this program and of the libraries that it runs with.
HealthCheck check_versions();
/// The disks of what the settings name, the limits of this process, and what isolation needs.
/// `store_url` may be empty.
std::vector<HealthCheck> check_machine(const Settings& settings, const std::string& store_url);

}  // namespace stint
