/// Names of files made from any text.
#pragma once
#include <string>
#include <string_view>

namespace stint {

/// Write a text as the name of one file: letters, digits, `-`, `_` and dots that are not the first
/// stand as they are, all else as %XX. Different texts get different names, and none leaves its
/// folder. Empty for an empty text.
std::string file_name_of(std::string_view text);

}  // namespace stint
