#include "backends/sqlite/given_table.hpp"

namespace stint::sqlite {
namespace {

// What SQLite keeps for a table and for one reading of it: their first member is SQLite's own.
struct Table {
  sqlite3_vtab base;
  GivenTable* owner;
};

struct Cursor {
  sqlite3_vtab_cursor base;
  std::size_t row;
};

}  // namespace

void give(sqlite3_context* to, std::int64_t value) { sqlite3_result_int64(to, value); }

void give(sqlite3_context* to, std::optional<std::int64_t> value) {
  if (value) sqlite3_result_int64(to, *value);
}

void give(sqlite3_context* to, std::string_view text) {
  sqlite3_result_text64(to, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
}

void give_or_null(sqlite3_context* to, std::string_view text) {
  if (!text.empty()) give(to, text);
}

/// The callbacks of SQLite's virtual tables.
struct GivenTableMethods {
  static int connect(sqlite3* database, void* owner, int /*count*/,
                     const char* const* /*arguments*/, sqlite3_vtab** table, char** /*error*/) {
    auto* given = static_cast<GivenTable*>(owner);
    const int code = sqlite3_declare_vtab(database, given->declaration_.c_str());
    if (code == SQLITE_OK) *table = &(new Table{.base = {}, .owner = given})->base;
    return code;
  }

  static int disconnect(sqlite3_vtab* table) {
    delete reinterpret_cast<Table*>(table);
    return SQLITE_OK;
  }

  // There is one way to read it: all rows in order.
  static int best_index(sqlite3_vtab* /*table*/, sqlite3_index_info* info) {
    info->estimatedCost = 100;
    info->estimatedRows = 100;
    return SQLITE_OK;
  }

  static int open(sqlite3_vtab* /*table*/, sqlite3_vtab_cursor** cursor) {
    *cursor = &(new Cursor{.base = {}, .row = 0})->base;
    return SQLITE_OK;
  }

  static int close(sqlite3_vtab_cursor* cursor) {
    delete reinterpret_cast<Cursor*>(cursor);
    return SQLITE_OK;
  }

  static int filter(sqlite3_vtab_cursor* cursor, int /*index*/, const char* /*name*/, int /*count*/,
                    sqlite3_value** /*values*/) {
    reinterpret_cast<Cursor*>(cursor)->row = 0;
    return SQLITE_OK;
  }

  static int next(sqlite3_vtab_cursor* cursor) {
    ++reinterpret_cast<Cursor*>(cursor)->row;
    return SQLITE_OK;
  }

  static const GivenRows* rows(sqlite3_vtab_cursor* cursor) {
    return reinterpret_cast<Table*>(cursor->pVtab)->owner->rows_;
  }

  static int is_at_end(sqlite3_vtab_cursor* cursor) {
    const GivenRows* given = rows(cursor);
    return given == nullptr || reinterpret_cast<Cursor*>(cursor)->row >= given->size() ? 1 : 0;
  }

  static int column(sqlite3_vtab_cursor* cursor, sqlite3_context* to, int index) {
    rows(cursor)->value(to, reinterpret_cast<Cursor*>(cursor)->row, index);
    return SQLITE_OK;
  }

  static int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
    *id = static_cast<sqlite3_int64>(reinterpret_cast<Cursor*>(cursor)->row);
    return SQLITE_OK;
  }

  static const sqlite3_module* module() {
    static const sqlite3_module methods = [] {
      // Without xCreate a table is there under its module's name, and needs no statement to make
      // it.
      sqlite3_module module{};
      module.xConnect = &connect;
      module.xDisconnect = &disconnect;
      module.xBestIndex = &best_index;
      module.xOpen = &open;
      module.xClose = &close;
      module.xFilter = &filter;
      module.xNext = &next;
      module.xEof = &is_at_end;
      module.xColumn = &column;
      module.xRowid = &row_id;
      return module;
    }();
    return &methods;
  }
};

GivenTable::GivenTable(Connection& connection, const std::string& name, const std::string& columns)
    : declaration_("create table given (" + columns + ")") {
  const int code = sqlite3_create_module_v2(connection.handle(), name.c_str(),
                                            GivenTableMethods::module(), this, nullptr);
  if (code != SQLITE_OK) throw make_error(connection.handle(), code, name);
}

}  // namespace stint::sqlite
