/// The texts of all statements for one schema.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include "base/sql_file.hpp"

namespace stint::postgres {

/// Put the schema's name in place of the marks of a file: `/* SCHEMA */` becomes `"name".`,
/// `/* SCHEMA_NAME */` becomes `"name"`. The name must have been checked by is_schema_name.
std::string with_schema(std::string_view text, std::string_view schema);

/// Return the text of a statement as it is sent: without the comments at its head, which would be
/// read each time, but with its name, for who looks at what the server is doing.
std::string text_to_send(const SqlFile& file, std::string_view schema);

/// Hold every statement ready to be sent. Immutable.
class Statements final {
 public:
  explicit Statements(std::string_view schema);

  /// The text of an embedded statement: see text_to_send.
  const std::string& text(const SqlFile& file) const { return texts_.at(&file); }

 private:
  std::unordered_map<const SqlFile*, std::string> texts_;
};

}  // namespace stint::postgres
