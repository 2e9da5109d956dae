/// The module files that this process has loaded.
#pragma once
#include <span>
#include <string>
#include <vector>
#include "app/module_place.hpp"
#include "base/unique_fd.hpp"
#include "stint/module_definition.hpp"

namespace stint {

/// Load the module file, after a look at its notes, and return its modules. It stays loaded, and
/// its descriptor open, until the process ends; a file that is loaded already is not loaded again.
/// Static initialisers of the file run within the call. Throws Error kConfiguration. Thread-safe.
std::vector<ModuleDefinition> load_module_file(ModuleFile file);

/// A file that this process has loaded, for the slot processes that it starts.
struct LoadedModuleFile {
  std::string path;
  int descriptor = -1;  ///< open as long as the process lives
};

/// All of them, in their order. Thread-safe.
std::vector<LoadedModuleFile> loaded_module_files();

/// How many files a process can load.
inline constexpr std::size_t kMostModuleFiles = 48;

/// In a slot: check and load the files that its worker has loaded, by the worker's descriptors.
/// Throws Error kConfiguration.
std::vector<ModuleDefinition> adopt_module_files(std::span<const std::string> paths,
                                                 std::vector<UniqueFd> descriptors);

}  // namespace stint
