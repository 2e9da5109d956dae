/// What `doctor` looks at in the store.
#pragma once
#include <string>
#include <vector>
#include "core/health_check.hpp"
#include "core/store_inspector.hpp"
#include "stint/settings.hpp"

namespace stint {

struct StoreChecks {
  bool is_reachable = true;
  std::vector<HealthCheck> checks;
};

/// Look at the store of a URL: its place, its versions, its clock and, where its tables are usable,
/// its queue. Changes nothing and makes no tables. A store that does not answer, or is none, is a
/// check of its own; nothing is thrown for it.
StoreChecks check_store(const std::string& url, const Settings& settings, InspectDepth depth);

}  // namespace stint
