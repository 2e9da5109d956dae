#include "backends/postgres/migration_session.hpp"
#include <fmt/core.h>
#include "backends/postgres/errors.hpp"
#include "backends/postgres/result.hpp"
#include "backends/postgres/statements.hpp"

namespace stint::postgres {

MigrationSession::MigrationSession(const ConnectOptions& options)
    : options_(options), connection_(connect(options)) {}

void MigrationSession::run(const std::string& text, std::string_view name) {
  const ResultPointer result{PQexec(connection_.get(), text.c_str())};
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
  if (PQstatus(connection_.get()) == CONNECTION_BAD) {
    throw lost_error(connection_.get(), name, true);
  }
  throw statement_error(connection_.get(), result.get(), name);
}

void MigrationSession::run(const SqlFile& file) {
  run(with_schema(file.text, options_.schema), file.name);
}

bool MigrationSession::try_lock(const SqlFile& lock) {
  const std::string key = fmt::format("stint migrations of {}", options_.schema);
  const char* value = key.c_str();
  const std::string text{lock.text};
  const ResultPointer result{
      PQexecParams(connection_.get(), text.c_str(), 1, nullptr, &value, nullptr, nullptr, 0)};
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    if (PQstatus(connection_.get()) == CONNECTION_BAD) {
      throw lost_error(connection_.get(), lock.name, true);
    }
    throw statement_error(connection_.get(), result.get(), lock.name);
  }
  return *PQgetvalue(result.get(), 0, 0) == 't';
}

}  // namespace stint::postgres
