#include "backends/postgres/statements.hpp"
#include <fmt/core.h>
#include "base/sql_override.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

void replace_all(std::string& text, std::string_view mark, std::string_view by) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size())) {
    text.replace(at, mark.size(), by);
  }
}

std::string_view without_head(std::string_view text) {
  while (text.starts_with("--") || text.starts_with("\n")) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text;
}

}  // namespace

std::string with_schema(std::string_view text, std::string_view schema) {
  std::string result{text};
  replace_all(result, "/* SCHEMA */", fmt::format("\"{}\".", schema));
  replace_all(result, "/* SCHEMA_NAME */", fmt::format("\"{}\"", schema));
  return result;
}

std::string text_to_send(const SqlFile& file, std::string_view schema) {
  return fmt::format("/* stint {} */ {}", file.name,
                     with_schema(without_head(statement_text(file)), schema));
}

Statements::Statements(std::string_view schema) {
  for (const SqlFile* file : sql::kQueries) {
    texts_.emplace(file, text_to_send(*file, schema));
  }
}

}  // namespace stint::postgres
