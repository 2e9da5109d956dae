/// What a statement returned, in the server's binary format.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <libpq-fe.h>
#include "backends/postgres/types.hpp"

namespace stint::postgres {

/// Give a result back to libpq.
struct ResultDeleter {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ResultDeleter>;

/// One row of a result; valid while the result lives. A column of another type than asked for is a
/// defect of the statement and throws Error kInternal.
class Row final {
 public:
  Row(const PGresult* result, int row) : result_(result), row_(row) {}

  bool is_null(int column) const { return PQgetisnull(result_, row_, column) != 0; }
  /// Read a smallint, integer or bigint.
  std::int64_t int64(int column) const;
  int int32(int column) const { return static_cast<int>(int64(column)); }
  bool boolean(int column) const;
  float float32(int column) const;
  /// Read text, json or bytea; empty for null.
  std::string_view text(int column) const;
  std::string string(int column) const { return std::string{text(column)}; }
  StoreTime time(int column) const { return from_server_time(int64(column)); }
  std::optional<StoreTime> optional_time(int column) const;

 private:
  const PGresult* result_;
  int row_;
};

/// The rows that one statement returned. Move-only.
class Result final {
 public:
  explicit Result(ResultPointer result) : result_(std::move(result)) {}

  int rows() const { return PQntuples(result_.get()); }
  bool empty() const { return rows() == 0; }
  Row row(int index) const { return Row{result_.get(), index}; }
  /// How many rows were inserted, updated, deleted or returned.
  int affected() const;

 private:
  ResultPointer result_;
};

}  // namespace stint::postgres
