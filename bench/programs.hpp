/// What the programs themselves cost: the time to print help, the memory of a worker that waits.
#pragma once
#include <string>
#include <vector>
#include "figure.hpp"
#include "library.hpp"
#include "plan.hpp"

namespace stint::bench {

/// A store and its name for the table.
struct NamedPlace {
  std::string name;
  StorePlace place;
};

/// Figures on the programs beside this one, `stint` and `noop`. A program that is not built is
/// named in `notes` and left out.
std::vector<Figure> program_figures(const std::vector<NamedPlace>& places,
                                    std::vector<std::string>& notes);

}  // namespace stint::bench
