/// JSON text made without a JSON value: what this backend writes itself.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace stint::sqlite {

/// Write texts as an array of strings. They must be UTF-8.
std::string json_array_of(std::span<const std::string> texts);

/// Write an error as jobs have it: {"type", "message", "causes": []}. Bytes that are no UTF-8 are
/// replaced.
std::string json_error(std::string_view type, std::string_view message);

}  // namespace stint::sqlite
