/// Where module files may lie, and how one is opened: what was checked is what is loaded.
#pragma once
#include <sys/types.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "base/unique_fd.hpp"

namespace stint {

/// A module file that was opened and found to be in nobody else's hands.
struct ModuleFile {
  std::string path;  ///< without links
  UniqueFd descriptor;
};

/// Make sure that an open file is a regular one, belongs to root or to the user whose rights this
/// process has, and can be written by nobody else. Throws Error kConfiguration with a phrase to be
/// put behind the file's name.
void check_module_descriptor(int descriptor, std::string_view path);

/// The names of the files in these folders that `open_module` would look at, sorted, each once.
std::vector<std::string> module_names(std::span<const std::string> folders);

/// Find and open a module file. `name` is a path (with a slash in it), or the name of a file in one
/// of the folders, without its ending `.so`; the first folder that has it counts. The file must lie
/// in one of the folders once all links are followed; the folder, and what leads there, must be in
/// nobody else's hands, too. Every step is checked on the descriptor that is then used, so that
/// nothing can be exchanged in between. Throws Error kConfiguration that names file, cause and way
/// out.
ModuleFile open_module(std::string_view name, std::span<const std::string> folders);

}  // namespace stint
