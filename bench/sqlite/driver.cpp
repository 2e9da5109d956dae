#include "sqlite/driver.hpp"
#include <stdexcept>
#include <string>

namespace stint::bench {
namespace {

[[noreturn]] void fail(sqlite3* database) {
  throw std::runtime_error{std::string{"SQLite: "} + sqlite3_errmsg(database)};
}

}  // namespace

SqliteStatement::SqliteStatement(sqlite3* database, std::string_view text) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database, text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  check(code);
}

void SqliteStatement::check(int code) const {
  if (code != SQLITE_OK) fail(database_);
}

bool SqliteStatement::step() {
  const int code = sqlite3_step(get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(database_);
  return code == SQLITE_ROW;
}

int SqliteStatement::run() {
  while (step()) {
  }
  reset();
  return sqlite3_changes(database_);
}

SqliteDatabase::SqliteDatabase(const std::filesystem::path& file) {
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &database,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) fail(database);
  execute("pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full;");
}

void SqliteDatabase::execute(const char* script) const {
  if (sqlite3_exec(get(), script, nullptr, nullptr, nullptr) != SQLITE_OK) fail(get());
}

void remove_sqlite_files(const std::filesystem::path& file) {
  const std::string stem = file.filename();
  for (const auto& entry : std::filesystem::directory_iterator{file.parent_path()}) {
    if (entry.path().filename().string().starts_with(stem)) std::filesystem::remove(entry.path());
  }
}

}  // namespace stint::bench
