#include "base/url.hpp"
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>
#include "base/characters.hpp"
#include "base/utf8.hpp"

namespace stint {
namespace {

constexpr std::string_view kNoUrl =
    "write one such as sqlite:jobs.db or postgresql://host/database";

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// The length of the scheme before its colon; 0 if the text has none. A letter first, as RFC 3986
// has it.
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return 0;
  std::size_t length = 1;
  while (length < text.size() &&
         (is_letter(text[length]) || is_digit(text[length]) ||
          std::string_view{"+-."}.find(text[length]) != std::string_view::npos)) {
    ++length;
  }
  return length < text.size() && text[length] == ':' ? length : 0;
}

// Decode %XX; nothing if a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

class Parser final {
 public:
  explicit Parser(std::string_view text) : text_(text) { url_.text = text; }

  Url parse() {
    check_text();
    const std::size_t scheme = scheme_length(text_);
    if (scheme == 0) fail("has no scheme", kNoUrl);
    url_.scheme = lower(text_.substr(0, scheme));
    std::string_view rest = text_.substr(scheme + 1);
    check_slashes(rest);
    if (rest.starts_with("//")) rest = parse_authority(rest.substr(2));
    const std::size_t query = rest.find('?');
    url_.path = decode(rest.substr(0, query), "path");
    if (query != std::string_view::npos) parse_query(rest.substr(query + 1));
    if (url_.scheme == "sqlite") check_sqlite();
    return std::move(url_);
  }

 private:
  [[noreturn]] void fail(std::string_view cause, std::string_view way_out) const {
    throw url_error(text_, cause, way_out);
  }

  void check_text() const {
    if (has_nul(text_)) fail("holds a NUL byte", "leave it out");
    if (!is_valid_utf8(text_)) fail("is not UTF-8", "write other bytes as %XX");
    if (text_.find_first_of("\r\n\t") != std::string_view::npos) {
      fail("holds a tab or the end of a line", "write it as %09 or %0A if it is meant");
    }
  }

  void check_slashes(std::string_view rest) const {
    const bool is_server = url_.scheme == "postgresql" || url_.scheme == "postgres";
    if (is_server && !rest.starts_with("//")) {
      fail("lacks the two slashes behind the scheme", "write postgresql://user@host:5432/database");
    }
    if (url_.scheme == "sqlite" && rest.starts_with("//") && !rest.starts_with("///")) {
      fail("names a host, and SQLite's file is on this machine",
           "write sqlite:relative/path or sqlite:/absolute/path");
    }
  }

  // Everything up to the path. Returns the rest.
  std::string_view parse_authority(std::string_view rest) {
    // As libpq does, look for the @ up to the first slash: a password may hold a question mark.
    const std::size_t slash = rest.find('/');
    const std::size_t at = rest.substr(0, slash).rfind('@');
    if (at != std::string_view::npos) {
      const std::string_view user = rest.substr(0, at);
      const std::size_t colon = user.find(':');
      url_.user = decode(user.substr(0, colon), "user");
      if (colon != std::string_view::npos) {
        url_.password = decode(user.substr(colon + 1), "password");
      }
      rest.remove_prefix(at + 1);
    }
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    parse_host(rest.substr(0, end));
    return rest.substr(end);
  }

  void parse_host(std::string_view host) {
    if (host.find(',') != std::string_view::npos) {
      url_.host = decode(host, "host");
      return;
    }
    std::size_t colon = host.rfind(':');
    if (host.starts_with('[')) {
      const std::size_t bracket = host.find(']');
      if (bracket == std::string_view::npos) fail("lacks a ] behind the address", "write [::1]");
      url_.host = decode(host.substr(1, bracket - 1), "host");
      if (bracket + 1 == host.size()) return;
      if (host[bracket + 1] != ':') fail("has text behind the address", "write [::1]:5432");
      colon = bracket + 1;
    } else {
      if (host.find(':') != colon) {
        fail("has two colons in its host",
             "put an IPv6 address in brackets, and write @ in a password as %40, / as %2F");
      }
      url_.host = decode(host.substr(0, colon), "host");
    }
    if (colon != std::string_view::npos) parse_port(host.substr(colon + 1));
  }

  void parse_port(std::string_view digits) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port < 1 || port > 65535) {
      // The text may be part of a password with an unescaped slash: it is not repeated here.
      fail("has a port that is no number within 1 to 65535",
           "write host:5432, and in a password @ as %40, / as %2F");
    }
    url_.port = static_cast<std::uint16_t>(port);
  }

  void parse_query(std::string_view query) {
    while (!query.empty()) {
      const std::size_t end = query.find('&');
      const std::string_view pair = query.substr(0, end);
      query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
      if (pair.empty()) continue;
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || equals == 0) {
        fail("has a parameter without a name or a value", "write ?name=value&name=value");
      }
      url_.parameters.push_back({.name = decode(pair.substr(0, equals), "parameter"),
                                 .value = decode(pair.substr(equals + 1), "parameter")});
    }
  }

  void check_sqlite() const {
    if (url_.path == ":memory:" || url_.path.starts_with(":memory")) {
      fail("asks for a database in memory, which no other process could see",
           "name a file (sqlite:jobs.db or sqlite:/absolute/path), or write memory: if one process "
           "is enough");
    }
    if (url_.path.empty() || url_.path.ends_with('/')) {
      fail("names no file", "write sqlite:relative/path or sqlite:/absolute/path");
    }
  }

  std::string decode(std::string_view part, std::string_view what) const {
    std::optional<std::string> decoded = percent_decoded(part);
    if (!decoded) {
      fail("has a % without two hexadecimal digits in its " + std::string{what},
           "write the % itself as %25");
    }
    if (has_nul(*decoded)) fail("holds %00 in its " + std::string{what}, "leave it out");
    if (!is_valid_utf8(*decoded)) fail("is not UTF-8 in its " + std::string{what}, "check its %XX");
    return std::move(*decoded);
  }

  std::string_view text_;
  Url url_;
};

}  // namespace

std::optional<std::string> Url::parameter(std::string_view name) const {
  std::optional<std::string> value;
  for (const UrlParameter& it : parameters) {
    if (it.name == name) value = it.value;
  }
  return value;
}

bool looks_like_url(std::string_view text) { return scheme_length(text) > 0; }

Url parse_url(std::string_view text) { return Parser{text}.parse(); }

std::string without_parameters(std::string_view text, std::span<const std::string_view> names) {
  // The query begins behind the path: a question mark within a password is none of it.
  std::size_t authority = text.find("://");
  authority = authority == std::string_view::npos ? 0 : authority + 3;
  const std::size_t slash = std::min(text.find('/', authority), text.size());
  const std::size_t at = text.substr(0, slash).rfind('@');
  const std::size_t query = text.find('?', at == std::string_view::npos ? authority : at);
  if (query == std::string_view::npos) return std::string{text};
  std::string result{text.substr(0, query)};
  char separator = '?';
  for (std::size_t start = query + 1; start <= text.size();) {
    const std::size_t end = std::min(text.find('&', start), text.size());
    const std::string_view pair = text.substr(start, end - start);
    start = end + 1;
    const std::optional<std::string> name = percent_decoded(pair.substr(0, pair.find('=')));
    if (name && std::ranges::find(names, *name) != names.end()) continue;
    result += separator;
    result += pair;
    separator = '&';
  }
  return result;
}

Error url_error(std::string_view text, std::string_view cause, std::string_view way_out) {
  return Error{ErrorCode::kConfiguration, "the URL \"" + redacted(text) + "\" " +
                                              std::string{cause} + "; " + std::string{way_out}};
}

std::string encode_url_path(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : path) {
    if (is_letter(c) || is_digit(c) || kPlain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kHex[byte >> 4U];
      result += kHex[byte & 15U];
    }
  }
  return result;
}

}  // namespace stint
