// Hiding secrets in URLs. Apart from the parser, because it must also work on what the parser
// refuses.
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>
#include "base/characters.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"

namespace stint {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::array<std::string_view, 5> kSecretWords = {"password", "passphrase", "passwd",
                                                          "token", "secret"};

// The name in lower case, %XX decoded as far as it can be: `%70assword` is a password too.
std::string plain_name(std::string_view name) {
  std::string lowered;
  for (const char c : name) {
    lowered += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::string plain;
  for (std::size_t i = 0; i < lowered.size(); ++i) {
    const int high = i + 2 < lowered.size() && lowered[i] == '%' ? hex_value(lowered[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(lowered[i + 2]) : -1;
    if (low >= 0) {
      const char c = static_cast<char>(high * 16 + low);
      plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      i += 2;
    } else {
      plain += lowered[i];
    }
  }
  return plain;
}

// A part of a text, from `begin` to before `end`.
struct Span {
  std::size_t begin;
  std::size_t end;
};

// Where the password stands between user and host, if there is one.
std::optional<Span> find_password(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const std::size_t start = scheme + 3;
  const std::size_t slash = std::min(text.find('/', start), text.size());
  const std::size_t colon = text.substr(0, slash).find(':', start);
  const std::size_t last_at = text.rfind('@');
  if (colon == std::string_view::npos || last_at == std::string_view::npos || last_at < colon) {
    return std::nullopt;
  }
  // A password may hold what it should have escaped, an @ or a slash: it is taken to reach to the
  // last @. Only a user without one and a plain port behind (user@host:5432/a@b) show that there is
  // none.
  const std::size_t port_end = std::min(text.find_first_of("/?", colon), text.size());
  const std::string_view port = text.substr(colon + 1, port_end - colon - 1);
  const bool is_port =
      !port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_port && text.find('@', start) < colon && last_at > slash) return std::nullopt;
  return Span{.begin = colon + 1, .end = last_at};
}

// The end of a secret value that starts at `start`: in a URL the next &, in a connection string the
// next blank or the closing quote.
std::size_t value_end(std::string_view text, std::size_t start, bool is_url) {
  if (is_url) return std::min(text.find('&', start), text.size());
  if (start < text.size() && text[start] == '\'') {
    for (std::size_t i = start + 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '\'') {
        return i + 1;
      }
    }
    return text.size();
  }
  return std::min(text.find_first_of(" \t\r\n&", start), text.size());
}

std::vector<Span> find_secret_parameters(std::string_view text, bool is_url) {
  std::vector<Span> spans;
  for (std::size_t equals = text.find('='); equals != std::string_view::npos;
       equals = text.find('=', equals + 1)) {
    std::size_t name_end = equals;
    while (!is_url && name_end > 0 && text[name_end - 1] == ' ') --name_end;
    const std::size_t before = text.substr(0, name_end).find_last_of("?&; \t\r\n");
    const std::size_t name = before == std::string_view::npos ? 0 : before + 1;
    if (!names_a_secret(text.substr(name, name_end - name))) continue;
    std::size_t value = equals + 1;
    while (!is_url && value < text.size() && text[value] == ' ') ++value;
    spans.push_back({.begin = value, .end = value_end(text, value, is_url)});
  }
  return spans;
}

// Spans may overlap: each is found in the text as it came, so that hiding one uncovers no other.
std::string hide(std::string_view text, std::vector<Span> spans) {
  std::ranges::sort(spans, {}, &Span::begin);
  std::string result;
  std::size_t copied = 0;
  for (const Span& span : spans) {
    if (span.begin >= copied) {
      result += text.substr(copied, span.begin - copied);
      result += kHidden;
    }
    copied = std::max(copied, span.end);
  }
  result += text.substr(copied);
  return result;
}

}  // namespace

bool names_a_secret(std::string_view name) {
  const std::string plain = plain_name(name);
  return std::ranges::any_of(
      kSecretWords, [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

std::string redacted(std::string_view text) {
  const bool is_url = text.find("://") != std::string_view::npos || looks_like_url(text);
  std::vector<Span> secrets = find_secret_parameters(text, is_url);
  if (const std::optional<Span> password = find_password(text)) secrets.push_back(*password);
  return sanitize_text(hide(text, std::move(secrets)));
}

}  // namespace stint
