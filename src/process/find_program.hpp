/// The search for a program in PATH.
#pragma once
#include <string>
#include <string_view>

namespace stint {

/// Find the file to execute for a name, as a shell would: a name with a slash is the path itself,
/// any other is looked for in the folders of `path` (separated by ':'; an empty one is the current
/// folder). A file that may not be executed counts only if no other is found. Empty: none.
std::string find_program(const std::string& name, std::string_view path);

}  // namespace stint
