/// URLs of stores and servers: taken apart, and made fit to be shown.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "stint/error.hpp"

namespace stint {

struct UrlParameter {
  std::string name;
  std::string value;
};

/// A URL taken apart; every part is percent-decoded. `sqlite:jobs.db?timeout=5` has no host, and
/// the path as it stands; `postgresql://user:password@host:5432/name` has all. A URL that names
/// several hosts
/// (`host1:5432,host2`) has all of them in `host` and no port. `#` and `+` are ordinary characters.
struct Url {
  std::string text;    ///< as given: it may hold a password, show `redacted(text)` only
  std::string scheme;  ///< in lower case
  std::string user;
  std::string password;
  std::string host;  ///< without the brackets of an IPv6 address
  std::optional<std::uint16_t> port;
  std::string path;  ///< with its leading slash, if there is one
  std::vector<UrlParameter> parameters;

  /// Find a parameter of the query; the last one of this name. Nothing if there is none.
  std::optional<std::string> parameter(std::string_view name) const;
};

/// Tell whether a text begins with a scheme and a colon, so that it is meant as a URL and not as a
/// name.
bool looks_like_url(std::string_view text);

/// Take a URL apart. Throws Error (kConfiguration) with the redacted URL, the cause and the way
/// out. Which schemes and parameters exist is for the caller to check; of `sqlite:` and
/// `postgresql://` the common slips (`sqlite::memory:`, a wrong number of slashes) are found here.
Url parse_url(std::string_view text);

/// Return the URL as it was written, without the parameters of these names: what a driver that
/// reads URLs itself (libpq) is given, minus those that are ours.
std::string without_parameters(std::string_view text, std::span<const std::string_view> names);

/// Return the URL fit for logs and errors: the password between `:` and `@` and the values of
/// parameters that hold secrets (password, sslpassword, passphrase, token, secret) are replaced by
/// `***`, and bytes that are no UTF-8 by U+FFFD. Any text may be given, also one that is no URL or
/// a broken one, and a connection string `host=... password=...`; where it is unclear what is
/// secret, more is hidden.
std::string redacted(std::string_view text);

/// Tell whether a parameter or key of this name holds a secret: its name contains password,
/// passphrase, token or secret.
bool names_a_secret(std::string_view name);

/// Make the error for a URL: `the URL "<redacted>": <cause>; <way_out>`.
Error url_error(std::string_view text, std::string_view cause, std::string_view way_out);

/// Percent-encode what is not a letter, a digit or one of `-._~/`: to put a file's path into a URL.
std::string encode_url_path(std::string_view path);

}  // namespace stint
