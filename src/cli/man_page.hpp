/// The manual page.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include "cli/described_commands.hpp"

namespace stint::cli {

/// Write the page PROGRAM(1) of these commands in the language of man(7).
std::string man_page(std::string_view program, std::span<const DescribedCommand> commands);

}  // namespace stint::cli
