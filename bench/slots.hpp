/// What it costs to run jobs in processes, and how fast these are stopped and replaced.
#pragma once
#include <string>
#include <vector>
#include "figure.hpp"
#include "library.hpp"
#include "plan.hpp"

namespace stint::bench {

/// Figures named "STORE/slots-...".
std::vector<Figure> slot_figures(const std::string& store, const Plan& plan,
                                 const StorePlace& place);

}  // namespace stint::bench
