/// The figures of one-instance locks.
#pragma once
#include <string>
#include <vector>
#include "figure.hpp"
#include "library.hpp"
#include "plan.hpp"

namespace stint::bench {

/// Round trips beside the bare drivers', and hand-overs. What no server is named for is said in
/// `notes`. `postgres` may be null.
std::vector<Figure> lock_figures(const Plan& plan, const StorePlace* postgres,
                                 std::vector<std::string>& notes);

}  // namespace stint::bench
