/// Put faults before a store.
#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include "backends/fault/fault_url.hpp"
#include "core/store.hpp"

namespace stint::fault {

/// Have the calls of `store` meet the faults of a plan. `notice`, if it is not empty, is told of
/// the plan with its seed, by which the same faults come again.
std::unique_ptr<Store> with_faults(std::unique_ptr<Store> store, FaultPlan plan,
                                   const std::function<void(std::string_view)>& notice);

}  // namespace stint::fault
