/// Turn what libpq and the server report into the library's errors.
#pragma once
#include <string>
#include <string_view>
#include <libpq-fe.h>
#include "stint/error.hpp"

namespace stint::postgres {

namespace sqlstate {
inline constexpr std::string_view kUniqueViolation = "23505";
inline constexpr std::string_view kCheckViolation = "23514";  ///< also: no partition for a row
inline constexpr std::string_view kSerializationFailure = "40001";
inline constexpr std::string_view kDeadlockDetected = "40P01";
inline constexpr std::string_view kLockNotAvailable = "55P03";
inline constexpr std::string_view kUndefinedTable = "42P01";
inline constexpr std::string_view kInvalidSchemaName = "3F000";
}  // namespace sqlstate

/// Name the server and database of a connection: `127.0.0.1:5432/jobs`.
std::string describe_place(const PGconn* connection);

/// Make the error of a connection that could not be made. `url` is redacted here. `cause`: in place
/// of what libpq knows.
Error connect_error(const PGconn* connection, std::string_view url, std::string_view cause = {});

/// Make the error of a connection that broke. `in_doubt`: what was sent may have been committed.
/// `cause`: in place of what libpq knows.
Error lost_error(const PGconn* connection, std::string_view statement, bool in_doubt,
                 std::string_view cause = {});

/// Make the error of a statement that the server refused; its transaction was rolled back.
Error statement_error(const PGconn* connection, const PGresult* result, std::string_view statement);

/// Tell whether an error of this SQLSTATE ends the connection as well: the server shuts down, an
/// administrator ended the session.
bool ends_connection(std::string_view state);

/// Return the error with outcome_unknown() set: what was tried before it may have been committed.
Error with_doubt(const Error& error);

/// Tell whether the same transaction may succeed if it is just sent again.
bool is_collision(const Error& error);

}  // namespace stint::postgres
