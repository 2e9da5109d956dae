/// The numbers by which PostgreSQL names its types on the wire, and its epoch.
#pragma once
#include <chrono>
#include <cstdint>
#include <libpq-fe.h>
#include "core/job_records.hpp"

namespace stint::postgres {

/// Type numbers; fixed for all versions of the server (catalog/pg_type.dat).
namespace oid {
inline constexpr Oid kBool = 16;
inline constexpr Oid kBytea = 17;
inline constexpr Oid kInt8 = 20;
inline constexpr Oid kInt2 = 21;
inline constexpr Oid kInt4 = 23;
inline constexpr Oid kText = 25;
inline constexpr Oid kJson = 114;
inline constexpr Oid kJsonArray = 199;
inline constexpr Oid kFloat4 = 700;
inline constexpr Oid kTimestamptz = 1184;
inline constexpr Oid kInterval = 1186;
inline constexpr Oid kBoolArray = 1000;
inline constexpr Oid kByteaArray = 1001;
inline constexpr Oid kInt2Array = 1005;
inline constexpr Oid kInt4Array = 1007;
inline constexpr Oid kTextArray = 1009;
inline constexpr Oid kInt8Array = 1016;
inline constexpr Oid kFloat4Array = 1021;
inline constexpr Oid kTimestamptzArray = 1185;
inline constexpr Oid kIntervalArray = 1187;
}  // namespace oid

/// The server counts microseconds from 2000-01-01 UTC: this many seconds after 1970.
inline constexpr std::chrono::seconds kServerEpoch{946'684'800};

/// Turn a moment into the server's count of microseconds.
inline std::int64_t to_server_time(StoreTime time) {
  return std::chrono::duration_cast<microseconds>(time.time_since_epoch() - kServerEpoch).count();
}

/// Turn the server's count of microseconds into a moment.
inline StoreTime from_server_time(std::int64_t count) {
  return StoreTime{
      std::chrono::duration_cast<StoreTime::duration>(microseconds{count} + kServerEpoch)};
}

}  // namespace stint::postgres
