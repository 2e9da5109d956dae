/// The C interface of SQLite with nothing but error checks around it.
#pragma once
#include <sqlite3.h>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace stint::bench {

/// A prepared statement.
class SqliteStatement final {
 public:
  SqliteStatement(sqlite3* database, std::string_view text);

  void bind(int index, std::int64_t value) { check(sqlite3_bind_int64(get(), index, value)); }
  void bind_null(int index) { check(sqlite3_bind_null(get(), index)); }
  /// The text must live until the statement has run.
  void bind(int index, std::string_view text) {
    check(sqlite3_bind_text64(get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  /// Go to the next row; false after the last.
  bool step();
  void reset() const { sqlite3_reset(get()); }
  /// Run to the end and make ready for the next values. Returns how many rows were written.
  int run();
  std::int64_t int64(int column) const { return sqlite3_column_int64(get(), column); }
  sqlite3_stmt* get() const { return statement_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void check(int code) const;

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A connection in WAL mode that is durable at each commit. Used by one thread at a time.
class SqliteDatabase final {
 public:
  /// Open the file, making it if there is none.
  explicit SqliteDatabase(const std::filesystem::path& file);
  /// Run statements that return nothing of interest.
  void execute(const char* script) const;
  SqliteStatement prepare(std::string_view text) { return {database_.get(), text}; }
  sqlite3* get() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  std::unique_ptr<sqlite3, Close> database_;
};

/// Remove a database and the files beside it.
void remove_sqlite_files(const std::filesystem::path& file);

}  // namespace stint::bench
