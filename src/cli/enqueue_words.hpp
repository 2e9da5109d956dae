/// The arguments of `enqueue`: `key=value`, `key:=JSON`, `key=@FILE`.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include "stint/arg.hpp"
#include "stint/json.hpp"

namespace stint::cli {

/// Build the arguments' object from words. A value is read as the argument's type wants; an
/// argument that is not among `specs` is kept as text, for the check to name. Repeating a key adds
/// to a list; elsewhere it is refused. `@FILE` takes a file's bytes (`@-`: standard input's), at
/// most `max_file_bytes`. Throws Error kUsage, kInvalid.
json arguments_from_words(std::span<const ArgumentSpec> specs, std::span<const std::string> words,
                          std::int64_t max_file_bytes);

}  // namespace stint::cli
