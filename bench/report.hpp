/// Show what was measured.
#pragma once
#include <string>
#include <vector>
#include "disk_probe.hpp"
#include "plan.hpp"
#include "summary.hpp"

namespace stint::bench {

/// What a run found.
struct Report {
  Plan plan;
  std::vector<std::string> notes;  ///< what was left out, and why
  DiskSpeed disk;
  std::vector<FigureResult> figures;
};

/// The table and the targets, for people.
std::string to_table(const Report& report);
/// Everything with every sample, as one JSON object.
std::string to_json(const Report& report);

}  // namespace stint::bench
