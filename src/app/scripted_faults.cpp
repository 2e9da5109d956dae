#include "app/scripted_faults.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/nearest.hpp"
#include "stint/error.hpp"

namespace stint {

void ScriptedFaults::add(std::string_view call, CallFate fate) {
  const std::optional<StoreCall> known = find_store_call(call);
  if (!call.empty() && !known) {
    throw Error{ErrorCode::kUsage, fmt::format("no call of a store is named \"{}\"{}; they are {}",
                                               call, did_you_mean(call, store_call_names()),
                                               fmt::join(store_call_names(), ", "))};
  }
  const MutexLock lock{mutex_};
  faults_.push_back({.call = known, .fate = fate});
}

CallFate ScriptedFaults::decide(StoreCall call) {
  const MutexLock lock{mutex_};
  const auto found = std::ranges::find_if(
      faults_, [call](const Fault& one) { return !one.call || *one.call == call; });
  if (found == faults_.end()) return CallFate::kPasses;
  const CallFate fate = found->fate;
  faults_.erase(found);
  return fate;
}

}  // namespace stint
