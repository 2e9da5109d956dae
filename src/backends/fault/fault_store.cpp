#include "backends/fault/fault_store.hpp"
#include <random>
#include <utility>
#include <fmt/format.h>
#include "backends/fault/fault_hook.hpp"
#include "base/clock.hpp"

namespace stint::fault {

std::unique_ptr<Store> with_faults(std::unique_ptr<Store> store, FaultPlan plan,
                                   const std::function<void(std::string_view)>& notice) {
  // Short enough to be copied by hand.
  if (!plan.seed) plan.seed = std::random_device{}();
  if (notice) notice(fmt::format("faults on purpose: {}", describe(plan)));
  return std::make_unique<HookedStore>(std::move(store),
                                       std::make_shared<FaultHook>(std::move(plan), real_clock()));
}

}  // namespace stint::fault
