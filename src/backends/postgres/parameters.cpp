#include "backends/postgres/parameters.hpp"
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>
#include "stint/error.hpp"

namespace stint::postgres {
namespace {

// ndim, has-null flag, element type, length, lower bound: five 32-bit numbers before the elements.
constexpr std::size_t kArrayHeaderBytes = 20;
constexpr std::size_t kHasNullOffset = 4;
constexpr std::size_t kLengthOffset = 12;

// Put an integer in the order of the network.
template <typename Integer>
void append_number(std::string& out, Integer value) {
  auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  std::array<char, sizeof(Integer)> bytes;
  for (std::size_t i = bytes.size(); i-- > 0; bits = static_cast<decltype(bits)>(bits >> 8U)) {
    bytes.at(i) = static_cast<char>(bits & 0xFFU);
  }
  out.append(bytes.data(), bytes.size());
}

void overwrite_int32(std::string& out, std::size_t offset, std::int32_t value) {
  std::string bytes;
  append_number(bytes, value);
  out.replace(offset, bytes.size(), bytes);
}

// The wire counts bytes and elements in 31 bits; the server takes no value above 1 GB anyway.
std::int32_t checked_length(std::size_t length) {
  if (length > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::kInvalid,
                "a value for PostgreSQL is larger than 2 GB: send fewer jobs in one call");
  }
  return static_cast<std::int32_t>(length);
}

template <typename Integer>
void append_element(std::string& out, Integer value) {
  append_number(out, static_cast<std::int32_t>(sizeof(Integer)));
  append_number(out, value);
}

template <typename Integer>
std::string number_bytes(Integer value) {
  std::string bytes;
  append_number(bytes, value);
  return bytes;
}

}  // namespace

Column::Column(Oid array, Oid element, std::size_t rows) : array_(array) {
  value_.reserve(kArrayHeaderBytes + rows * 12);
  append_number(value_, std::int32_t{1});  // one dimension
  append_number(value_, std::int32_t{0});  // has-null flag, set by finish
  append_number(value_, static_cast<std::int32_t>(element));
  append_number(value_, std::int32_t{0});  // length, set by finish
  append_number(value_, std::int32_t{1});  // lower bound
}

void Column::add(std::int64_t value) {
  append_element(value_, value);
  ++rows_;
}

void Column::add(std::int32_t value) {
  append_element(value_, value);
  ++rows_;
}

void Column::add(std::int16_t value) {
  append_element(value_, value);
  ++rows_;
}

void Column::add(bool value) {
  append_number(value_, std::int32_t{1});
  value_.push_back(value ? '\1' : '\0');
  ++rows_;
}

void Column::add(float value) {
  append_element(value_, std::bit_cast<std::int32_t>(value));
  ++rows_;
}

void Column::add(microseconds value) {
  // An interval: microseconds, days and months.
  append_number(value_, std::int32_t{16});
  append_number(value_, static_cast<std::int64_t>(value.count()));
  append_number(value_, std::int64_t{0});
  ++rows_;
}

void Column::add(std::string_view value) {
  append_number(value_, checked_length(value.size()));
  value_.append(value);
  ++rows_;
}

void Column::add_null() {
  append_number(value_, std::int32_t{-1});
  has_null_ = true;
  ++rows_;
}

void Column::add_or_null(std::string_view value) {
  if (value.empty()) {
    add_null();
  } else {
    add(value);
  }
}

std::string Column::finish() && {
  overwrite_int32(value_, kHasNullOffset, has_null_ ? 1 : 0);
  overwrite_int32(value_, kLengthOffset, checked_length(rows_));
  return std::move(value_);
}

Parameters& Parameters::push(Oid type, std::optional<std::string> value) {
  if (value) checked_length(value->size());
  types_.push_back(type);
  values_.push_back(std::move(value));
  return *this;
}

Parameters& Parameters::add(std::int64_t value) { return push(oid::kInt8, number_bytes(value)); }

Parameters& Parameters::add(std::int32_t value) { return push(oid::kInt4, number_bytes(value)); }

Parameters& Parameters::add(bool value) {
  return push(oid::kBool, std::string(1, value ? '\1' : '\0'));
}

Parameters& Parameters::add(std::string_view value) { return push(oid::kText, std::string{value}); }

Parameters& Parameters::add(std::optional<StoreTime> value) {
  if (!value) return push(oid::kTimestamptz, std::nullopt);
  return push(oid::kTimestamptz, number_bytes(to_server_time(*value)));
}

Parameters& Parameters::add(Column&& column) {
  const Oid type = column.array_;
  return push(type, std::move(column).finish());
}

Parameters& Parameters::add_null(Oid type) { return push(type, std::nullopt); }

Parameters& Parameters::add_or_null(std::string_view value) {
  return value.empty() ? add_null(oid::kText) : add(value);
}

}  // namespace stint::postgres
