/// The one place where an exception becomes a message and an exit code.
#pragma once
#include <exception>
#include <string>
#include <string_view>

namespace stint::cli {

/// What a command ends with.
struct Failure {
  int exit_code = 1;
  std::string message = {};  ///< for standard error; empty: end quietly
};

/// Describe what was thrown. `hint` is added to errors of usage: "`stint job list --help` shows
/// more". Control characters are made harmless, line by line.
Failure describe_failure(const std::exception_ptr& thrown, std::string_view program,
                         std::string_view hint);

/// Have the commands that a message names, `stint db init`, be those of this program, on the store
/// that its line names: to be copied. `store` is left out where it is empty or holds a secret.
std::string with_own_commands(std::string message, std::string_view program,
                              std::string_view store);

}  // namespace stint::cli
