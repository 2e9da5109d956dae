/// Rows of the program's own, read by a statement like a table.
#pragma once
#include <sqlite3.h>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include "backends/sqlite/connection.hpp"

namespace stint::sqlite {

/// What a statement reads. Texts that are handed over must live until the statement has run.
class GivenRows {
 public:
  virtual ~GivenRows() = default;
  virtual std::size_t size() const = 0;
  /// Hand over one value, through `give` below or by sqlite3_result_*.
  virtual void value(sqlite3_context* to, std::size_t row, int column) const = 0;
};

void give(sqlite3_context* to, std::int64_t value);
void give(sqlite3_context* to, std::optional<std::int64_t> value);
/// Give a text; null for an empty one where `or_null`.
void give(sqlite3_context* to, std::string_view text);
void give_or_null(sqlite3_context* to, std::string_view text);

/// A table of a connection whose rows a C++ object holds. One statement for a batch of rows costs
/// half of what one statement a row does: each run of a statement opens its tables and indexes
/// anew. Reads as a whole, in order. Lives as long as the connection is used.
class GivenTable final {
 public:
  /// `columns` is their list in SQL, such as "id, task".
  GivenTable(Connection& connection, const std::string& name, const std::string& columns);
  GivenTable(const GivenTable&) = delete;
  GivenTable& operator=(const GivenTable&) = delete;

  /// Have the table hold these rows while this object lives.
  class Filling final {
   public:
    Filling(GivenTable& table, const GivenRows& rows) : table_(table) { table_.rows_ = &rows; }
    ~Filling() { table_.rows_ = nullptr; }
    Filling(const Filling&) = delete;
    Filling& operator=(const Filling&) = delete;

   private:
    GivenTable& table_;
  };

 private:
  friend struct GivenTableMethods;

  std::string declaration_;
  const GivenRows* rows_ = nullptr;
};

}  // namespace stint::sqlite
