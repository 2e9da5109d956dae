/// `fault+URL?error_rate=0.1&latency=20ms&seed=7`: any store's URL, and the faults that it gets.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include "core/hooked_store.hpp"

namespace stint::fault {

/// A store that cannot be reached from time to time.
struct Outage {
  std::chrono::nanoseconds length{0};  ///< how long it lasts each time
  std::chrono::nanoseconds period{0};  ///< from one's begin to the next one's; it ends a period
};

/// Which faults there are.
struct FaultPlan {
  double error_rate = 0;    ///< the share of calls that do not reach the store
  double unknown_rate = 0;  ///< the share of calls that are done, but whose reply is lost
  std::chrono::nanoseconds latency{0};  ///< each call and each wake-up comes later by up to this
  std::optional<Outage> outage = {};
  std::optional<std::uint64_t> seed = {};  ///< unset: by chance
  std::set<StoreCall> calls = {};          ///< the only calls that have faults; empty: all
};

struct FaultUrl {
  FaultPlan plan;
  std::string store;  ///< the URL of the store itself
};

/// Whether a URL asks for faults: its scheme begins with `fault+`.
bool is_fault_url(std::string_view url);

/// Take the faults out of a URL; parameters of other names stay with the store. Throws Error
/// kConfiguration with the redacted URL for values out of range, and for a name that is near to one
/// of ours.
FaultUrl parse_fault_url(std::string_view url);

/// Tell what is planned, for people: "error_rate 0.1, latency up to 20ms, seed 7".
std::string describe(const FaultPlan& plan);

}  // namespace stint::fault
