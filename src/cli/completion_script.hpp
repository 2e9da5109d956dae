/// The scripts that a shell loads.
#pragma once
#include <string>
#include <string_view>

namespace stint::cli {

/// Write the script for "bash", "zsh" or "fish". It completes the words of the command `program`
/// by asking that program itself (`completion --words`), so that it is never out of date.
std::string completion_script(std::string_view shell, std::string_view program);

}  // namespace stint::cli
