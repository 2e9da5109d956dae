#include "backends/postgres/result.hpp"
#include <bit>
#include <charconv>
#include <cstring>
#include <string>
#include "stint/error.hpp"

namespace stint::postgres {

std::int64_t Row::int64(int column) const {
  const int length = PQgetlength(result_, row_, column);
  if (is_null(column) || (length != 2 && length != 4 && length != 8)) {
    throw Error(ErrorCode::kInternal, "column " + std::to_string(column) + " holds no integer");
  }
  const char* bytes = PQgetvalue(result_, row_, column);
  std::uint64_t bits = 0;
  for (int i = 0; i < length; ++i) bits = (bits << 8U) | static_cast<unsigned char>(bytes[i]);
  if (length == 2) return static_cast<std::int16_t>(bits);
  if (length == 4) return static_cast<std::int32_t>(bits);
  return static_cast<std::int64_t>(bits);
}

bool Row::boolean(int column) const {
  if (is_null(column) || PQgetlength(result_, row_, column) != 1) {
    throw Error(ErrorCode::kInternal, "column " + std::to_string(column) + " holds no boolean");
  }
  return *PQgetvalue(result_, row_, column) != 0;
}

float Row::float32(int column) const {
  return std::bit_cast<float>(static_cast<std::int32_t>(int64(column)));
}

std::string_view Row::text(int column) const {
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::optional<StoreTime> Row::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

int Result::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  int count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

}  // namespace stint::postgres
