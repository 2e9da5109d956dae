/// Statements on a connection that is not in pipeline mode, in whatever transaction is open there.
#pragma once
#include <string_view>
#include <libpq-fe.h>
#include "backends/postgres/parameters.hpp"
#include "backends/postgres/result.hpp"
#include "base/sql_file.hpp"

namespace stint::postgres {

/// Run one statement and wait for its result; values and result travel in binary. Throws Error; it
/// is retryable if the connection broke. That never says outcome_unknown(): only the caller knows
/// whether the statement could have committed anything.
Result run_plain(PGconn* connection, const SqlFile& file, std::string_view schema,
                 const Parameters& parameters = {});

}  // namespace stint::postgres
