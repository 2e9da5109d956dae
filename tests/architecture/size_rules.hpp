/// How long a file and a function may be.
#pragma once
#include <cstddef>
#include <string>
#include <vector>
#include "source_tree.hpp"

namespace stint::architecture {

inline constexpr std::size_t kMaxFileLines = 600;
inline constexpr std::size_t kMaxFunctionLines = 80;

/// Hold one function definition: its first line (of the signature) and its length in lines.
struct FunctionSpan {
  std::size_t line;
  std::size_t lines;
  std::string head;
};

/// Find the function bodies that stand in a namespace or a class, by their braces. Reads formatted
/// code of this house, no macros that open a brace. A local class or lambda belongs to its
/// function.
std::vector<FunctionSpan> find_functions(const std::string& text);

std::vector<Violation> check_file_sizes(const Tree& tree);
std::vector<Violation> check_function_sizes(const Tree& tree);

}  // namespace stint::architecture
