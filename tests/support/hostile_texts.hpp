/// Texts that break what was put together by hand: quotes, statements, formats, escapes, bytes.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace stint::test {

/// Every kind that we know of; among them texts with a NUL, texts that are no UTF-8, and 1 MiB.
const std::vector<std::string>& hostile_texts();
/// Only those that are UTF-8 without NUL.
std::vector<std::string> hostile_utf8();

/// Write a text as a JSON string whose bytes stay as they are, also those that are no UTF-8.
std::string raw_json_string(std::string_view text);
/// Name a text in a failure: short, with its bytes escaped.
std::string shown_text(std::string_view text);

}  // namespace stint::test
