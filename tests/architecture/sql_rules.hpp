/// Where SQL may stand, and what its files look like.
#pragma once
#include <span>
#include <string_view>
#include <vector>
#include "source_tree.hpp"

namespace stint::architecture {

/// Name a statement that only one dialect has, and why.
struct OneDialect {
  std::string_view backend;
  std::string_view stem;
  std::string_view reason;
};

/// Check that no string literal of src/ is a statement. Tests beside the code may hold their own.
std::vector<Violation> check_no_sql_in_code(const Tree& tree);

/// Check that each statement's file begins with a comment that says what it does.
std::vector<Violation> check_sql_comments(const Tree& tree);

/// Check that both dialects have the same statements, but for `exceptions`; one of these that no
/// longer holds is a violation too.
std::vector<Violation> check_dialects(const Tree& tree, std::span<const OneDialect> exceptions);

}  // namespace stint::architecture
