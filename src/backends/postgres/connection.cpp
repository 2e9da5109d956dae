#include "backends/postgres/connection.hpp"
#include <optional>
#include <utility>
#include "backends/postgres/errors.hpp"
#include "base/test_point.hpp"

namespace stint::postgres {
namespace {

// All values and results are sent in binary.
constexpr int kBinary = 1;

}  // namespace

ConnectionPointer connect(const ConnectOptions& options) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : options.parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  ConnectionPointer connection{PQconnectdbParams(keywords.data(), values.data(), 0)};
  if (!connection) throw Error(ErrorCode::kUnavailable, "out of memory", {.retryable = true});
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw connect_error(connection.get(), options.url);
  }
  // Notices would be printed to standard error.
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  return connection;
}

Connection::Connection(const ConnectOptions& options, const Statements& statements)
    : options_(options), statements_(statements), connection_(connect(options)) {
  if (PQenterPipelineMode(connection_.get()) != 1) fail_lost("", false);
}

void Connection::fail_lost(std::string_view statement, bool in_doubt) {
  usable_ = false;
  throw lost_error(connection_.get(), statement, in_doubt);
}

void Connection::send(const Command& command, bool prepare) {
  const Parameters& parameters = command.parameters;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& value : parameters.values_) {
    values.push_back(value ? value->data() : nullptr);
    lengths.push_back(value ? static_cast<int>(value->size()) : 0);
  }
  const std::vector<int> formats(parameters.size(), kBinary);
  const auto count = static_cast<int>(parameters.size());
  const std::string& text = statements_.text(*command.file);
  int sent = 0;
  if (!options_.prepare) {
    sent = PQsendQueryParams(connection_.get(), text.c_str(), count, parameters.types_.data(),
                             values.data(), lengths.data(), formats.data(), kBinary);
  } else {
    const std::string name{command.file->name};
    sent = prepare ? PQsendPrepare(connection_.get(), name.c_str(), text.c_str(), count,
                                   parameters.types_.data())
                   : 1;
    sent = sent == 1 ? PQsendQueryPrepared(connection_.get(), name.c_str(), count, values.data(),
                                           lengths.data(), formats.data(), kBinary)
                     : 0;
  }
  // The transaction ends with the sync, which was not sent: nothing can have been committed.
  if (sent != 1) fail_lost(command.file->name, false);
}

std::vector<Result> Connection::run(std::span<const Command> commands) {
  // What this pipeline prepares: at its first use only, once for the session.
  std::vector<bool> prepares;
  std::unordered_set<std::string_view> known = prepared_;
  for (const Command& command : commands) {
    prepares.push_back(options_.prepare && known.insert(command.file->name).second);
    send(command, prepares.back());
  }
  STINT_TEST_POINT("postgres.before_sync");
  if (PQpipelineSync(connection_.get()) != 1) fail_lost(commands.back().file->name, true);
  STINT_TEST_POINT("postgres.after_sync");
  return receive(commands, prepares);
}

std::optional<Error> Connection::take_error(PGresult* result, std::string_view statement) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return std::nullopt;
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (PQstatus(connection_.get()) == CONNECTION_BAD || state == nullptr || ends_connection(state)) {
    fail_lost(statement, true);
  }
  return statement_error(connection_.get(), result, statement);
}

std::vector<Result> Connection::receive(std::span<const Command> commands,
                                        const std::vector<bool>& prepares) {
  std::vector<Result> results;
  results.reserve(commands.size());
  std::optional<Error> error;
  // Reads one result and the null behind it that libpq puts after each statement's.
  const auto take = [&](std::string_view statement) {
    ResultPointer result{PQgetResult(connection_.get())};
    if (!result) fail_lost(statement, true);
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_ABORTED) return result;
    if (auto one = take_error(result.get(), statement); one && !error) error = std::move(one);
    return result;
  };
  const auto take_end = [&](std::string_view statement) {
    if (PQgetResult(connection_.get()) != nullptr) fail_lost(statement, true);
  };
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string_view name = commands[i].file->name;
    if (prepares[i]) {
      take(name);
      take_end(name);
      if (!error) prepared_.insert(name);
    }
    results.emplace_back(take(name));
    take_end(name);
  }
  // The commit happens now: without this answer its outcome is not known.
  const ResultPointer sync{PQgetResult(connection_.get())};
  const std::string_view last = commands.back().file->name;
  if (!sync) fail_lost(last, true);
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) {
    auto commit_error = take_error(sync.get(), last);
    if (!error) error = std::move(commit_error);
    const ResultPointer after{PQgetResult(connection_.get())};
    if (!after || PQresultStatus(after.get()) != PGRES_PIPELINE_SYNC) fail_lost(last, true);
  }
  if (error) throw Error(*error);
  return results;
}

}  // namespace stint::postgres
