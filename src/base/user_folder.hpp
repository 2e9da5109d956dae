/// The folders of a user, as the XDG base directory specification has them.
#pragma once
#include <string>
#include <string_view>

namespace stint {

/// Choose between a variable of the specification and a folder below the home; empty if neither is
/// an absolute path: relative ones are to be ignored.
std::string user_folder(std::string_view variable, std::string_view home,
                        std::string_view below_home);

/// Where programs keep what is to last: $XDG_STATE_HOME, by default ~/.local/state. Reads the
/// environment. Empty if it is not known.
std::string state_folder();

}  // namespace stint
