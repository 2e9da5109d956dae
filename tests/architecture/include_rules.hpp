/// Which folder may include which.
#pragma once
#include <vector>
#include "source_tree.hpp"

namespace stint::architecture {

/// Check the one-way rule of src/: base <- core <- runtime <- app <- cli, base <- core <- backends
/// <- app, base <- process <- runtime, base <- core <- config <- app, base <- http <- backends. A
/// backend includes no other backend. Includes are written from src/; everybody may include
/// <stint/...>.
std::vector<Violation> check_include_direction(const Tree& tree);

/// Check that the installed headers include nothing of src/ and no driver: only themselves, the
/// standard library, nlohmann-json and fmt.
std::vector<Violation> check_public_headers(const Tree& tree);

/// Check that examples are what a user could write: nothing of src/.
std::vector<Violation> check_examples(const Tree& tree);

}  // namespace stint::architecture
