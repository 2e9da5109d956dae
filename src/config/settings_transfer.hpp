/// Carry settings into another process of the same program.
#pragma once
#include <string>
#include <string_view>
#include "stint/settings.hpp"

namespace stint {

/// Write down what the settings were made of: the sources as they were read, secrets included.
std::string pack_settings(const Settings& settings);

/// Make the same settings again; nothing is read anew. Unknown keys are kept until the program's
/// modules are known, as by `load_settings`. Throws Error kInternal for a text of something else.
Settings unpack_settings(std::string_view text);

}  // namespace stint
