#include "backends/postgres/split_statements.hpp"
#include <algorithm>
#include <cctype>
#include <cstddef>

namespace stint::postgres {
namespace {

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

/// The `$tag$` that begins here; empty if none does.
std::string_view dollar_quote(std::string_view text, std::size_t at) {
  if (text[at] != '$' || (at > 0 && is_word(text[at - 1]))) return {};
  std::size_t end = at + 1;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end >= text.size() || text[end] != '$') return {};
  // `$1` is a parameter.
  if (std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0) return {};
  return text.substr(at, end + 1 - at);
}

/// Where what begins at `at` ends; `at` itself if nothing begins there that hides a semicolon.
std::size_t end_of_hidden(std::string_view text, std::size_t at) {
  const auto behind = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("--")) return behind("\n", at);
  if (rest.starts_with("/*")) return behind("*/", at);
  // A doubled quote ends one literal and begins the next: the same to us.
  if (rest.starts_with('\'')) return behind("'", at + 1);
  if (rest.starts_with('"')) return behind("\"", at + 1);
  if (const std::string_view quote = dollar_quote(text, at); !quote.empty()) {
    return behind(quote, at + quote.size());
  }
  return at;
}

bool is_comment(std::string_view text, std::size_t at) {
  return text.substr(at).starts_with("--") || text.substr(at).starts_with("/*");
}

}  // namespace

std::vector<std::string> split_statements(std::string_view script) {
  std::vector<std::string> statements;
  std::size_t begin = 0;
  bool is_empty = true;
  const auto end_statement = [&](std::size_t end) {
    if (!is_empty) statements.emplace_back(script.substr(begin, end - begin));
    begin = end + 1;
    is_empty = true;
  };
  for (std::size_t at = 0; at < script.size();) {
    if (const std::size_t end = end_of_hidden(script, at); end > at) {
      is_empty = is_empty && is_comment(script, at);
      at = end;
      continue;
    }
    if (script[at] == ';') {
      end_statement(at);
    } else if (std::isspace(static_cast<unsigned char>(script[at])) == 0) {
      is_empty = false;
    }
    ++at;
  }
  end_statement(script.size());
  return statements;
}

}  // namespace stint::postgres
