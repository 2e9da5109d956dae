/// What no file of the project holds, and what its documents may link to.
#pragma once
#include <span>
#include <string_view>
#include <vector>
#include "source_tree.hpp"

namespace stint::architecture {

/// Check for marks of unfinished work and for paths that exist on one machine only.
std::vector<Violation> check_words(const Tree& tree);

/// Check that the library and its tests wait for conditions and never just sleep, but for the files
/// that are `allowed` to.
std::vector<Violation> check_sleeps(const Tree& tree, std::span<const std::string_view> allowed);

/// Check that each relative link of a document leads to a file or folder.
std::vector<Violation> check_links(const Tree& tree);

/// Check that a block of C++ whose introduction links to a source ("This is [x.cpp](x.cpp):")
/// stands in that source line by line, so that a document never shows what does not compile.
std::vector<Violation> check_snippets(const Tree& tree);

}  // namespace stint::architecture
