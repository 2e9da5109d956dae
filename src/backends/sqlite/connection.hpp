/// A connection to a database of SQLite, its prepared statements and its errors.
#pragma once
#include <sqlite3.h>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include "base/sql_file.hpp"
#include "core/job_records.hpp"

namespace stint::sqlite {

/// Microseconds since 1970 in UTC: how the tables hold times.
inline std::int64_t to_micros(StoreTime time) {
  return std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
}
inline StoreTime from_micros(std::int64_t micros) { return StoreTime{microseconds{micros}}; }

/// Have null stored for what is empty.
inline std::optional<std::string_view> null_if_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

/// Mark bytes that are stored as a blob.
struct Blob {
  std::string_view data;
};

/// One use of a prepared statement. Bound texts must live until the statement has run. Resets the
/// statement when it goes; a statement is used by one Query at a time.
class Query final {
 public:
  Query(sqlite3* database, sqlite3_stmt* statement, std::string_view name)
      : database_(database), statement_(statement), name_(name) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Bind ?1, ?2, ... in order.
  template <typename... Values>
  Query& bind(const Values&... values) {
    int index = 0;
    (bind_at(++index, values), ...);
    return *this;
  }

  /// Go to the next row; false after the last. Throws Error.
  bool step();
  /// Run to the end and make ready for the next values. Returns how many rows were written.
  int run();

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t int64(int column) const { return sqlite3_column_int64(statement_, column); }
  int integer(int column) const { return sqlite3_column_int(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  /// Text or bytes; empty for null.
  std::string text(int column) const;
  std::optional<std::int64_t> optional_int64(int column) const {
    return is_null(column) ? std::nullopt : std::optional{int64(column)};
  }
  StoreTime time(int column) const { return from_micros(int64(column)); }
  std::optional<StoreTime> optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional{time(column)};
  }

 private:
  void bind_at(int index, std::integral auto value) {
    check(sqlite3_bind_int64(statement_, index, static_cast<std::int64_t>(value)));
  }
  void bind_at(int index, double value) { check(sqlite3_bind_double(statement_, index, value)); }
  void bind_at(int index, std::string_view value);
  void bind_at(int index, const std::string& value) { bind_at(index, std::string_view{value}); }
  void bind_at(int index, Blob value);
  void bind_at(int index, std::nullptr_t) { check(sqlite3_bind_null(statement_, index)); }
  template <typename T>
  void bind_at(int index, const std::optional<T>& value) {
    value ? bind_at(index, *value) : bind_at(index, nullptr);
  }
  void check(int code) const;

  sqlite3* database_;
  sqlite3_stmt* statement_;
  std::string_view name_;
};

/// Where a database is.
enum class Medium : std::uint8_t {
  kFile,
  kMemory,  ///< of this process, shared by all connections to the same name
};

/// An open database. Not thread-safe. Never used after a fork: the child's own opens its own.
class Connection final {
 public:
  /// Open an existing file for reading and writing. Throws Error: kConfiguration if it is no
  /// database, kUnavailable if it cannot be opened or written to. In memory, `path` is a name that
  /// begins with `memory:`, and a database that nobody has open is made.
  explicit Connection(const std::string& path, Medium medium = Medium::kFile);

  /// Prepare a statement at its first use and keep it. `file` must be a constant of the program.
  Query use(const SqlFile& file);
  /// Run statements that are used once and return no rows: pragmas, migrations.
  void execute(const std::string& script, std::string_view name);
  /// Read the one integer that a pragma returns.
  std::int64_t read_pragma(std::string_view pragma);
  /// Whether a transaction is open.
  bool in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

  const std::string& path() const { return path_; }
  Medium medium() const { return medium_; }
  sqlite3* handle() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using StatementPointer = std::unique_ptr<sqlite3_stmt, Finalize>;

  StatementPointer prepare(std::string_view text, std::string_view name);

  std::string path_;
  Medium medium_;
  // The statements must go before the database does.
  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<const char*, StatementPointer> statements_;
};

/// Throw kConfiguration if the library found at run time is too old for the statements.
void check_library_version();

/// Turn SQLite's last error on `database` into ours: the cause, the file and the way out.
Error make_error(sqlite3* database, int code, std::string_view statement);

}  // namespace stint::sqlite
