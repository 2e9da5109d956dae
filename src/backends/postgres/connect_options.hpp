/// What a store's URL says: for libpq, and for this backend.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stint::postgres {

/// Whether the server plans the hot statements once for a session, or anew each time.
enum class Prepare : std::uint8_t {
  kWhereDirect,  ///< once, unless a pooler stands between: it may give each transaction another
                 ///< session
  kAlways,       ///< once: the pooler is known to keep prepared statements
  kNever,
};

/// Whether a worker listens for notifications.
enum class Listen : std::uint8_t {
  kWhereDirect,  ///< unless a pooler stands between: where it hands out a session a transaction, no
                 ///< notification comes through
  kAlways,       ///< the pooler is known to keep a session for each client
  kNever,        ///< by time alone
};

/// A URL taken apart and checked. Immutable.
struct ConnectOptions {
  std::string url;                          ///< as given: show `redacted(url)` only
  std::string schema = "stint";             ///< `schema=NAME`: where the tables are
  Prepare prepare = Prepare::kWhereDirect;  ///< `prepare=auto|on|off`
  /// `answer_timeout=SECONDS`: how long a session may be silent about which nobody can be asked;
  /// 0: without end.
  std::chrono::seconds answer_timeout{60};
  Listen listen = Listen::kWhereDirect;  ///< `listen=auto|on|off`
  /// `durable_completions=on|off`; off: a worker does not wait until the disk has its completions,
  /// and sends those again that a crash of the server may have taken.
  bool durable_completions = true;
  int pool = 8;  ///< `pool=N`: connections at most, besides those that listen and notify
  /// If it is not 0, to connect takes no longer, nor does any answer, and nobody else is asked
  /// about a silent session: its caller has no time for that. Not of the URL.
  std::chrono::milliseconds request_timeout{0};
  /// Keywords and values for PQconnectdbParams, ours taken out and our defaults put in.
  std::vector<std::pair<std::string, std::string>> parameters = {};
};

/// A keyword of libpq and its value where the URL says nothing.
using ConnectDefault = std::pair<std::string_view, std::string>;

/// Read a URL. Throws Error kConfiguration with the redacted URL, the cause and the way out.
/// `defaults` go before this library's own.
ConnectOptions parse_connect_options(std::string_view text,
                                     std::span<const ConnectDefault> defaults = {});

/// The same keywords and values with the first of several hosts put last, `times` times over.
std::vector<std::pair<std::string, std::string>> with_next_host(
    std::vector<std::pair<std::string, std::string>> parameters, unsigned times);

/// What is wrong with the protection of a connection over a net: nothing if it is protected, or
/// goes to this machine.
std::optional<std::string> protection_warning(const ConnectOptions& options);

/// Tell whether a name may be that of a schema: ^[a-z_][a-z0-9_]{0,62}$.
bool is_schema_name(std::string_view name);

}  // namespace stint::postgres
