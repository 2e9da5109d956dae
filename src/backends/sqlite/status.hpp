/// How full a store is.
#pragma once
#include <cstdint>
#include "backends/sqlite/connection.hpp"

namespace stint::sqlite {

/// Count the jobs at `now` (microseconds since 1970). Reads every row: for people, not for loops.
StoreStatus read_status(Connection& connection, std::int64_t now);

}  // namespace stint::sqlite
