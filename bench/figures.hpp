/// The list of what is measured.
#pragma once
#include <string>
#include <vector>
#include "figure.hpp"
#include "plan.hpp"

namespace stint::bench {

std::vector<Figure> sqlite_figures(const Plan& plan);
/// Throws if the server cannot be reached.
std::vector<Figure> postgres_figures(const Plan& plan);

}  // namespace stint::bench
