/// What text is fit for JSON, for databases and for terminals.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace stint {

/// Return how many bytes from the start are well-formed UTF-8: the whole size, or the place of the
/// first byte that is not. Surrogates, overlong forms and code points above U+10FFFF are not.
std::size_t valid_utf8_length(std::string_view text);

/// Tell whether the whole text is well-formed UTF-8. A NUL is.
inline bool is_valid_utf8(std::string_view text) { return valid_utf8_length(text) == text.size(); }

/// Tell whether the text holds a NUL, which neither PostgreSQL nor C strings can.
inline bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

/// Return the text with U+FFFD in place of every NUL and of every sequence that is no UTF-8. For
/// the texts of errors and logs: the path that reports a failure must not fail on its text.
std::string sanitize_text(std::string_view text);

/// Do the same for a text that is JSON, where a NUL and half a surrogate pair may also be written
/// as
/// `\u0000` and `\ud800`: those no database gives out as text.
std::string sanitize_json(std::string_view json);

}  // namespace stint
