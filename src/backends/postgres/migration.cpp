#include "backends/postgres/migration.hpp"
#include <charconv>
#include <cstddef>
#include "backends/postgres/split_statements.hpp"
#include "backends/postgres/statements.hpp"

namespace stint::postgres {
namespace {

constexpr std::string_view kOldestProgram = "-- oldest-program: ";
constexpr std::string_view kOutside = "-- outside-transaction";

}  // namespace

Migration::Migration(int version, const SqlFile& file) : version_(version), file_(&file) {
  std::string_view rest = file.text;
  while (rest.starts_with("--")) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
    if (line == kOutside) is_outside_transaction_ = true;
    if (line.starts_with(kOldestProgram)) {
      const std::string_view number = line.substr(kOldestProgram.size());
      int oldest = version;
      std::from_chars(number.data(), number.data() + number.size(), oldest);
      oldest_program_ = oldest;
    }
  }
}

std::string Migration::script(std::string_view schema) const {
  return with_schema(file_->text, schema);
}

std::vector<std::string> Migration::statements(std::string_view schema) const {
  return split_statements(script(schema));
}

Migration migration_to(MigrationSet migrations, int version) {
  const auto index = static_cast<std::size_t>(version) - 1;
  return Migration{version, migrations[index]};
}

}  // namespace stint::postgres
