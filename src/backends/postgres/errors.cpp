#include "backends/postgres/errors.hpp"
#include <algorithm>
#include <array>
#include <fmt/core.h>
#include "base/url.hpp"
#include "base/utf8.hpp"

namespace stint::postgres {
namespace {

// libpq's messages have several lines and end with a newline.
std::string one_line(const char* text) {
  std::string line = sanitize_text(text == nullptr ? "" : text);
  std::string result;
  for (const char c : line) {
    const bool blank = c == '\n' || c == '\t' || c == ' ';
    if (!blank) {
      result.push_back(c);
    } else if (!result.empty() && result.back() != ' ') {
      result.push_back(' ');
    }
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

/// What an SQLSTATE, or a whole class of them, means for the caller.
struct Meaning {
  std::string_view state;  // the beginning of the SQLSTATE
  ErrorCode code;
  bool retryable;
  std::string_view way_out;
};

constexpr std::string_view kUsePrimary =
    "this server only reads (a standby?): use the primary, for several hosts with "
    "target_session_attrs=read-write";

// The first that fits counts: single states before their classes.
constexpr std::array kMeanings{
    Meaning{"28", ErrorCode::kConfiguration, false, "check user and password in the store's URL"},
    Meaning{"3D000", ErrorCode::kConfiguration, false,
            "create the database or correct the store's URL"},
    Meaning{"42501", ErrorCode::kConfiguration, false,
            "have the owner of the schema grant this user its use, as by `stint db grant`"},
    Meaning{"3F000", ErrorCode::kConfiguration, false, "run `stint db init`"},
    Meaning{"42P01", ErrorCode::kConfiguration, false, "run `stint db init` or `stint db migrate`"},
    Meaning{"42703", ErrorCode::kConfiguration, false, "run `stint db migrate`"},
    Meaning{"42883", ErrorCode::kConfiguration, false, "run `stint db migrate`"},
    Meaning{"53100", ErrorCode::kUnavailable, true, "the server's disk is full: make room"},
    Meaning{"53300", ErrorCode::kUnavailable, true,
            "raise the server's max_connections, lower pool in the URL or use a pooler"},
    Meaning{"53", ErrorCode::kUnavailable, true, "the server is short of resources"},
    Meaning{"25006", ErrorCode::kUnavailable, true, kUsePrimary},
    Meaning{"40", ErrorCode::kUnavailable, true, "try again"},
    Meaning{"55P03", ErrorCode::kUnavailable, true, "another session holds a lock: try again"},
    Meaning{"57014", ErrorCode::kUnavailable, true,
            "the statement was cancelled (statement_timeout?)"},
    Meaning{"57", ErrorCode::kUnavailable, true, "wait until the server is up again"},
    Meaning{"58", ErrorCode::kUnavailable, true, "look into the server's log"},
    Meaning{"08", ErrorCode::kUnavailable, true, "check server and network"},
    Meaning{"22", ErrorCode::kInvalid, false, ""},
};

/// What the words of a connection that could not be made mean for the caller.
struct Refusal {
  std::string_view words;
  ErrorCode code;
  std::string_view way_out;
};

constexpr std::string_view kCheckPassword =
    "check user and password (in the URL, PGPASSWORD or ~/.pgpass) and the server's pg_hba.conf";
constexpr std::string_view kFewerConnections =
    "raise the server's max_connections, lower pool in the URL or use a pooler";

// The first that fits counts. What may pass by itself is kUnavailable, a certificate among it: it
// is renewed while workers wait.
constexpr std::array kRefusals{
    Refusal{"too many", ErrorCode::kUnavailable, kFewerConnections},
    Refusal{"remaining connection slots", ErrorCode::kUnavailable, kFewerConnections},
    Refusal{"server does not support SSL", ErrorCode::kUnavailable,
            "turn ssl on in the server's postgresql.conf; sslmode=disable in the URL would send "
            "everything in plain text"},
    Refusal{"does not match host name", ErrorCode::kUnavailable,
            "the server's certificate is for another name: use that name in the URL, or have a "
            "certificate made for this one"},
    Refusal{
        "certificate verify failed", ErrorCode::kUnavailable,
        "the server's certificate has expired, or is not signed by an authority of sslrootcert; "
        "look at it: openssl s_client -starttls postgres -connect HOST:PORT"},
    Refusal{"root certificate file", ErrorCode::kConfiguration,
            "name the authority's certificate by sslrootcert in the URL"},
    Refusal{"password authentication failed", ErrorCode::kConfiguration, kCheckPassword},
    Refusal{"authentication failed", ErrorCode::kConfiguration, kCheckPassword},
    Refusal{"pg_hba.conf", ErrorCode::kConfiguration, kCheckPassword},
    Refusal{"role \"", ErrorCode::kConfiguration, kCheckPassword},
    Refusal{"permission denied for database", ErrorCode::kConfiguration,
            "have its owner grant this user CONNECT"},
    Refusal{"session is read-only", ErrorCode::kUnavailable, kUsePrimary},
    Refusal{"server is in hot standby mode", ErrorCode::kUnavailable, kUsePrimary},
    Refusal{"not currently accepting connections", ErrorCode::kUnavailable, "try again later"},
    Refusal{"database \"", ErrorCode::kConfiguration,
            "create the database (createdb NAME) or correct the URL"},
};

}  // namespace

std::string describe_place(const PGconn* connection) {
  const char* host = PQhost(connection);
  const char* port = PQport(connection);
  const char* database = PQdb(connection);
  return fmt::format("{}:{}/{}", host == nullptr || *host == '\0' ? "localhost" : host,
                     port == nullptr || *port == '\0' ? "5432" : port,
                     database == nullptr ? "" : database);
}

Error connect_error(const PGconn* connection, std::string_view url, std::string_view known) {
  // libpq does not give the SQLSTATE of a refused login, only its words.
  const std::string cause =
      known.empty() ? one_line(PQerrorMessage(connection)) : std::string{known};
  const auto* refusal = std::ranges::find_if(
      kRefusals, [&](const Refusal& one) { return contains(cause, one.words); });
  ErrorCode code = ErrorCode::kUnavailable;
  std::string way_out = "check that the server runs there and that the network lets through";
  if (refusal != kRefusals.end()) {
    code = refusal->code;
    way_out = refusal->way_out;
  } else if (PQconnectionNeedsPassword(connection) != 0) {
    code = ErrorCode::kConfiguration;
    way_out = kCheckPassword;
  }
  return Error(code,
               fmt::format("cannot connect to PostgreSQL at {} (\"{}\"): {}; {}",
                           describe_place(connection), redacted(url), cause, way_out),
               {.retryable = code == ErrorCode::kUnavailable, .backend = "postgresql"});
}

Error lost_error(const PGconn* connection, std::string_view statement, bool in_doubt,
                 std::string_view cause) {
  const std::string text =
      cause.empty() ? one_line(PQerrorMessage(connection)) : std::string{cause};
  return Error(
      ErrorCode::kUnavailable,
      fmt::format("the connection to PostgreSQL at {} was lost: {}", describe_place(connection),
                  text.empty() ? "the server closed it" : text),
      {.retryable = true,
       .outcome_unknown = in_doubt,
       .backend = "postgresql",
       .statement = std::string{statement}});
}

Error statement_error(const PGconn* connection, const PGresult* result,
                      std::string_view statement) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  std::string message = one_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
  if (message.empty()) message = one_line(PQresultErrorMessage(result));
  const std::string detail = one_line(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
  if (!detail.empty()) message += " (" + detail + ")";
  const auto* meaning = std::ranges::find_if(kMeanings, [&](const Meaning& one) {
    return state.substr(0, one.state.size()) == one.state;
  });
  const bool known = meaning != kMeanings.end();
  std::string text = fmt::format("PostgreSQL at {} refused the statement {}: {} [{}]",
                                 describe_place(connection), statement, message, state);
  if (known && !meaning->way_out.empty()) text += fmt::format("; {}", meaning->way_out);
  return Error(known ? meaning->code : ErrorCode::kInternal, text,
               {.retryable = known && meaning->retryable,
                .backend = "postgresql",
                .statement = std::string{statement},
                .native_code = std::string{state}});
}

bool ends_connection(std::string_view state) {
  // 57P05: idle_session_timeout; 25P03: idle_in_transaction_session_timeout.
  constexpr std::array<std::string_view, 5> kEnds{"57P01", "57P02", "57P03", "57P05", "25P03"};
  return std::ranges::find(kEnds, state) != kEnds.end() || state.substr(0, 2) == "08";
}

Error with_doubt(const Error& error) {
  return Error(error.code(), error.what(),
               {.retryable = error.retryable(),
                .outcome_unknown = true,
                .backend = error.backend(),
                .statement = error.statement(),
                .native_code = error.native_code()});
}

bool is_collision(const Error& error) {
  return error.native_code() == sqlstate::kSerializationFailure ||
         error.native_code() == sqlstate::kDeadlockDetected;
}

}  // namespace stint::postgres
