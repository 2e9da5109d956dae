// `stint/postgresql.hpp`: what programs do with connections and transactions of their own.
#include <charconv>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/core.h>
#include <libpq-fe.h>
#include "backends/postgres/errors.hpp"
#include "backends/postgres/result.hpp"
#include "stint/error.hpp"
#include "stint/postgresql.hpp"

namespace stint::postgresql {
namespace {

constexpr const char* kStatement = "sql_enqueue";

Error refused(const std::string& message) {
  return Error{ErrorCode::kInvalid, message, {.backend = "postgresql", .statement = kStatement}};
}

void require_transaction(PGconn* connection) {
  if (connection == nullptr) throw refused("there is no connection to enqueue on: it is null");
  if (PQstatus(connection) != CONNECTION_OK) {
    throw postgres::lost_error(connection, kStatement, false);
  }
  const std::string place = postgres::describe_place(connection);
  if (PQpipelineStatus(connection) != PQ_PIPELINE_OFF) {
    throw refused(
        fmt::format("the connection to {} is in pipeline mode: send the statement of "
                    "Client::sql_enqueue yourself",
                    place));
  }
  switch (PQtransactionStatus(connection)) {
    case PQTRANS_INTRANS:
      return;
    case PQTRANS_IDLE:
      throw refused(
          fmt::format("no transaction is open on the connection to {}: send BEGIN "
                      "first, or use Client::enqueue",
                      place));
    case PQTRANS_INERROR:
      throw refused(
          fmt::format("the transaction on the connection to {} has failed with an "
                      "earlier statement: roll it back",
                      place));
    default:
      throw refused(
          fmt::format("the connection to {} is busy with another statement: take its "
                      "results first",
                      place));
  }
}

Error error_of(PGconn* connection, const PGresult* result) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = field == nullptr ? std::string_view{} : field;
  if (PQstatus(connection) == CONNECTION_BAD || state.empty() || postgres::ends_connection(state)) {
    return postgres::lost_error(connection, kStatement, false);
  }
  const Error error = postgres::statement_error(connection, result, kStatement);
  if (state == "42883" || state == "3F000" || state == "42P01") {
    return refused(
        fmt::format("the connection leads to another place than the client's store, or "
                    "to one that has to be migrated: {}",
                    error.what()));
  }
  if (state == "42704") {
    return Error{
        ErrorCode::kNotFound,
        fmt::format("{}; a worker that has the task registers it when it starts, and so "
                    "does `task register`",
                    error.what()),
        {.backend = "postgresql", .statement = kStatement, .native_code = std::string{state}}};
  }
  return error;
}

}  // namespace

pg_conn* connection(Transaction& transaction) {
  if (transaction.backend() != "postgresql") {
    throw Error{ErrorCode::kUsage, fmt::format("the transaction is one of {}, not of PostgreSQL",
                                               transaction.backend())};
  }
  return static_cast<PGconn*>(transaction.native_handle());
}

JobId Access::run(pg_conn* connection, const SqlStatement& statement) {
  require_transaction(connection);
  std::vector<const char*> values;
  values.reserve(statement.values.size());
  for (const std::string& value : statement.values) values.push_back(value.c_str());
  const postgres::ResultPointer result{PQexecParams(connection, statement.text.c_str(),
                                                    static_cast<int>(values.size()), nullptr,
                                                    values.data(), nullptr, nullptr, 0)};
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) != 1) {
    throw error_of(connection, result.get());
  }
  const char* text = PQgetvalue(result.get(), 0, 0);
  JobId id;
  std::from_chars(text, text + std::strlen(text), id.value);
  return id;
}

}  // namespace stint::postgresql
