/// Bytes as text in base64, the form with `+` and `/`.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace stint {

/// Encode with padding and without line breaks.
std::string encode_base64(std::string_view bytes);

/// Decode what `encode_base64` writes. Nothing for any other text: without its padding, with other
/// characters, or with bits that no byte has.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace stint
