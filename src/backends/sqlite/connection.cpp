#include "backends/sqlite/connection.hpp"
#include <fmt/format.h>
#include "base/sql_override.hpp"

namespace stint::sqlite {
namespace {

// STRICT tables came with 3.37, max() and json_each() without an extension with 3.38.
constexpr int kOldestLibrary = 3'038'000;
constexpr int kBusyMilliseconds = 5000;

struct Meaning {
  ErrorCode code = ErrorCode::kInternal;
  bool retryable = false;
  const char* way_out = "please report this as a defect";
};

Meaning meaning_of(int code) {
  using enum ErrorCode;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {kUnavailable, true, "free space on its disk; nothing was half done"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {kUnavailable, true, "another program holds the database open for writing: end it"};
    case SQLITE_IOERR:
      return {kUnavailable, true, "check the disk and its space"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {kUnavailable, false, "give write permission on the file and its folder"};
    case SQLITE_CANTOPEN:
      return {kUnavailable, true, "check that its folder exists, is writable and has space"};
    case SQLITE_NOTADB:
      return {kConfiguration, false, "name another file in the URL, or move this one away"};
    case SQLITE_CORRUPT:
      return {kUnavailable, false,
              "restore a copy, or rescue what is left with: sqlite3 FILE .recover"};
    case SQLITE_NOMEM:
      return {kUnavailable, true, "free memory"};
    case SQLITE_TOOBIG:
      return {kInvalid, false, "store less in one job"};
    default:
      return {};
  }
}

// In memory, a name that begins with a slash is shared by the connections of the process.
constexpr const char* kMemoryFileSystem = "memdb";
constexpr std::string_view kMemoryPrefix = "/memory:";

// The file's path, or what a database in memory is called.
std::string shown_name(sqlite3* database) {
  const char* const file = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  const std::string_view name = file == nullptr ? "" : file;
  return std::string{name.starts_with(kMemoryPrefix) ? name.substr(1) : name};
}

// SQLite hands NUL-terminated texts around; an empty view may have no address at all.
const char* address(std::string_view text) { return text.data() == nullptr ? "" : text.data(); }

Error named_error(sqlite3* database, int code, std::string_view statement,
                  const std::string& name) {
  Meaning meaning = meaning_of(code);
  if ((code & 0xff) == SQLITE_FULL && name.starts_with(kMemoryPrefix.substr(1))) {
    meaning.way_out = "in memory there is room for 1 GiB: use sqlite:FILE";
  }
  const int native = database == nullptr ? code : sqlite3_extended_errcode(database);
  const char* said = database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database);
  return Error{meaning.code,
               fmt::format("the SQLite store {}: {}; {}", name, said, meaning.way_out),
               {.retryable = meaning.retryable,
                .backend = "sqlite",
                .statement = std::string{statement},
                .native_code = std::to_string(native)}};
}

}  // namespace

Error make_error(sqlite3* database, int code, std::string_view statement) {
  return named_error(database, code, statement, shown_name(database));
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::check(int code) const {
  if (code != SQLITE_OK) throw make_error(database_, code, name_);
}

void Query::bind_at(int index, std::string_view value) {
  check(sqlite3_bind_text64(statement_, index, address(value), value.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
}

void Query::bind_at(int index, Blob value) {
  check(sqlite3_bind_blob64(statement_, index, address(value.data), value.data.size(),
                            SQLITE_STATIC));
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw make_error(database_, code, name_);
}

int Query::run() {
  while (step()) {
  }
  const int written = sqlite3_changes(database_);
  sqlite3_reset(statement_);
  return written;
}

std::string Query::text(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void check_library_version() {
  if (sqlite3_libversion_number() >= kOldestLibrary && sqlite3_threadsafe() != 0) return;
  throw Error{ErrorCode::kConfiguration,
              fmt::format("the SQLite library found is {} ({}); install 3.38 or later, built to be "
                          "thread-safe",
                          sqlite3_libversion(),
                          sqlite3_threadsafe() != 0 ? "thread-safe" : "not thread-safe"),
              {.backend = "sqlite"}};
}

Connection::Connection(const std::string& path, Medium medium) : path_(path), medium_(medium) {
  const bool in_memory = medium == Medium::kMemory;
  const std::string file = in_memory ? "/" + path : path;
  sqlite3* opened = nullptr;
  // Without its own mutex: the owner sees to it that one thread at a time is here.
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int code =
      sqlite3_open_v2(file.c_str(), &opened, in_memory ? kFlags | SQLITE_OPEN_CREATE : kFlags,
                      in_memory ? kMemoryFileSystem : nullptr);
  database_.reset(opened);
  if (code != SQLITE_OK) throw named_error(opened, code, "open", path);
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  // Only who holds the turn checkpoints. Two connections that do at once can lose a commit in
  // libraries before 3.51.3 (the WAL-reset race).
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  execute("pragma wal_autocheckpoint = 0; pragma synchronous = full; pragma temp_store = memory;",
          "pragmas");
  if (sqlite3_db_readonly(opened, "main") == 1) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("the SQLite store {} is read-only; give write permission on the file "
                            "and its folder",
                            path),
                {.backend = "sqlite", .native_code = std::to_string(SQLITE_READONLY)}};
  }
}

Connection::StatementPointer Connection::prepare(std::string_view text, std::string_view name) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  StatementPointer owned{statement};
  if (code != SQLITE_OK) throw make_error(database_.get(), code, name);
  return owned;
}

Query Connection::use(const SqlFile& file) {
  StatementPointer& kept = statements_[file.text.data()];
  if (!kept) kept = prepare(statement_text(file), file.name);
  return Query{database_.get(), kept.get(), file.name};
}

void Connection::execute(const std::string& script, std::string_view name) {
  const int code = sqlite3_exec(database_.get(), script.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw make_error(database_.get(), code, name);
}

std::int64_t Connection::read_pragma(std::string_view pragma) {
  const StatementPointer statement = prepare(fmt::format("pragma {}", pragma), pragma);
  Query query{database_.get(), statement.get(), pragma};
  return query.step() ? query.int64(0) : 0;
}

}  // namespace stint::sqlite
