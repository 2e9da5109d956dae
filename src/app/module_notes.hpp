/// What a module file says about itself, read before anything of it is loaded.
#pragma once
#include <string>
#include <vector>
#include "stint/detail/module_note.hpp"

namespace stint {

/// Read the names of the modules in the shared object behind `descriptor`, and make sure that it
/// was built for this machine and for a program like this one. Nothing of the file is executed or
/// mapped. Throws Error kConfiguration with a phrase to be put behind the file's name.
std::vector<std::string> read_module_notes(int descriptor);

/// Say in what `theirs` does not fit this program: one phrase for each thing, with both sides.
/// Empty: it fits.
std::vector<std::string> abi_differences(const detail::ModuleAbi& theirs);

/// What this program's own modules are built for.
detail::ModuleAbi own_module_abi();

}  // namespace stint
