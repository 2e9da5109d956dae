/// Take a script of SQL apart.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace stint::postgres {

/// Split a script at the semicolons that end its statements: not at those in quotes, in dollar
/// quotes or in comments. The statements come without their semicolons; what holds nothing but
/// blanks and comments is left out. The script must be of this program: it is trusted to be well
/// formed.
std::vector<std::string> split_statements(std::string_view script);

}  // namespace stint::postgres
