/// The values that go with a statement, in the server's binary format: nothing is escaped or
/// parsed.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "backends/postgres/types.hpp"

namespace stint::postgres {

/// Build one array value, element by element: a column of rows that a statement unnests.
class Column final {
 public:
  /// `array` is the array's type; room for `rows` is taken at once.
  Column(Oid array, Oid element, std::size_t rows);

  static Column int64s(std::size_t rows) { return {oid::kInt8Array, oid::kInt8, rows}; }
  static Column int32s(std::size_t rows) { return {oid::kInt4Array, oid::kInt4, rows}; }
  static Column int16s(std::size_t rows) { return {oid::kInt2Array, oid::kInt2, rows}; }
  static Column booleans(std::size_t rows) { return {oid::kBoolArray, oid::kBool, rows}; }
  static Column floats(std::size_t rows) { return {oid::kFloat4Array, oid::kFloat4, rows}; }
  static Column texts(std::size_t rows) { return {oid::kTextArray, oid::kText, rows}; }
  static Column jsons(std::size_t rows) { return {oid::kJsonArray, oid::kJson, rows}; }
  static Column intervals(std::size_t rows) { return {oid::kIntervalArray, oid::kInterval, rows}; }
  static Column bytes(std::size_t rows) { return {oid::kByteaArray, oid::kBytea, rows}; }
  static Column times(std::size_t rows) {
    return {oid::kTimestamptzArray, oid::kTimestamptz, rows};
  }

  void add(std::int64_t value);
  void add(std::int32_t value);
  void add(std::int16_t value);
  void add(bool value);
  void add(float value);
  void add(microseconds value);
  void add(std::string_view value);
  /// A literal would otherwise become a bool.
  void add(const char* value) { add(std::string_view{value}); }
  void add(StoreTime value) { add(to_server_time(value)); }
  void add_null();
  /// Add the text, or null for an empty one.
  void add_or_null(std::string_view value);

  std::size_t rows() const { return rows_; }

 private:
  friend class Parameters;
  std::string finish() &&;

  Oid array_;
  std::size_t rows_ = 0;
  bool has_null_ = false;
  std::string value_;
};

/// Collect the values $1, $2, ... of one statement in their order. Owns copies of all of them, so
/// that a statement can be sent again.
class Parameters final {
 public:
  Parameters& add(std::int64_t value);
  Parameters& add(std::int32_t value);
  Parameters& add(bool value);
  Parameters& add(std::string_view value);
  Parameters& add(const char* value) { return add(std::string_view{value}); }
  Parameters& add(std::optional<StoreTime> value);
  Parameters& add(JobId id) { return add(id.value); }
  Parameters& add(WorkerId id) { return add(id.value); }
  Parameters& add(Column&& column);
  Parameters& add_null(Oid type);
  /// Add the text, or null for an empty one.
  Parameters& add_or_null(std::string_view value);

  std::size_t size() const { return types_.size(); }
  const std::vector<Oid>& types() const { return types_; }
  /// As they are sent; nothing for null.
  const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  Parameters& push(Oid type, std::optional<std::string> value);

  std::vector<Oid> types_;
  std::vector<std::optional<std::string>> values_;
};

}  // namespace stint::postgres
