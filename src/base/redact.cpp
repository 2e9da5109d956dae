// Hiding secrets in URLs. Apart from the parser, because it must also work on what the parser
// refuses.
#include <algorithm>
#include <array>
#include <cstddef>
#include "base/url.hpp"
#include "base/utf8.hpp"

namespace stint {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::array<std::string_view, 5> kSecretWords = {"password", "passphrase", "passwd",
                                                          "token", "secret"};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

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

// Where the host begins: behind the @ that ends user and password. `rest` follows the "://".
std::size_t host_start(std::string_view rest) {
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  const std::size_t at = rest.substr(0, path).rfind('@');
  const std::size_t later = rest.find('@', path);
  if (later == std::string_view::npos) return at == std::string_view::npos ? 0 : at + 1;
  // An @ behind a slash or a question mark: either of a path or a query, or a password that holds
  // the slash unescaped. It is no password only if what precedes is plainly a host.
  const std::size_t query = std::min(rest.find('?'), rest.size());
  const std::string_view authority =
      at == std::string_view::npos ? rest.substr(0, path) : rest.substr(at + 1, path - at - 1);
  const std::size_t colon = authority.rfind(':');
  const bool plain_host =
      colon == std::string_view::npos ||
      authority.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  if (plain_host &&
      (at != std::string_view::npos || colon == std::string_view::npos || later > query)) {
    return at == std::string_view::npos ? 0 : at + 1;
  }
  return rest.rfind('@') + 1;
}

std::string hide_password(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::string{text};
  const std::string_view head = text.substr(0, scheme + 3);
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t host = host_start(rest);
  const std::size_t colon = rest.substr(0, host).find(':');
  if (host == 0 || colon == std::string_view::npos) return std::string{text};
  std::string result{head};
  result += rest.substr(0, colon + 1);
  result += kHidden;
  result += rest.substr(host - 1);
  return result;
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

std::string hide_parameters(std::string_view text, bool is_url) {
  std::string result;
  std::size_t copied = 0;
  for (std::size_t equals = text.find('='); equals != std::string_view::npos;
       equals = text.find('=', equals + 1)) {
    std::size_t name_end = equals;
    while (!is_url && name_end > copied && text[name_end - 1] == ' ') --name_end;
    const std::size_t before = text.substr(0, name_end).find_last_of("?&; \t\r\n");
    const std::size_t name = before == std::string_view::npos ? 0 : before + 1;
    if (name < copied || !names_a_secret(text.substr(name, name_end - name))) continue;
    std::size_t value = equals + 1;
    while (!is_url && value < text.size() && text[value] == ' ') ++value;
    result += text.substr(copied, value - copied);
    result += kHidden;
    copied = value_end(text, value, is_url);
    equals = copied > 0 ? copied - 1 : 0;
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
  return sanitize_text(hide_parameters(hide_password(text), is_url));
}

}  // namespace stint
