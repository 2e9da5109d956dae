#include "backends/postgres/plain_statement.hpp"
#include <string>
#include <utility>
#include <vector>
#include "backends/postgres/errors.hpp"
#include "backends/postgres/statements.hpp"

namespace stint::postgres {

Result run_plain(PGconn* connection, const SqlFile& file, std::string_view schema,
                 const Parameters& parameters) {
  constexpr int kBinary = 1;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& value : parameters.values()) {
    values.push_back(value ? value->data() : nullptr);
    lengths.push_back(value ? static_cast<int>(value->size()) : 0);
  }
  const std::vector<int> formats(parameters.size(), kBinary);
  const std::string text = text_to_send(file, schema);
  ResultPointer result{PQexecParams(connection, text.c_str(), static_cast<int>(parameters.size()),
                                    parameters.types().data(), values.data(), lengths.data(),
                                    formats.data(), kBinary)};
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return Result{std::move(result)};
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (PQstatus(connection) == CONNECTION_BAD || state == nullptr || ends_connection(state)) {
    throw lost_error(connection, file.name, false);
  }
  throw statement_error(connection, result.get(), file.name);
}

}  // namespace stint::postgres
