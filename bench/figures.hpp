/// The list of what is measured.
#pragma once
#include <string>
#include <vector>
#include "figure.hpp"
#include "plan.hpp"

namespace stint::bench {

/// All figures. What has to be left out is said in `notes`. Throws if a server that is named cannot
/// be reached.
std::vector<Figure> all_figures(const Plan& plan, std::vector<std::string>& notes);

}  // namespace stint::bench
