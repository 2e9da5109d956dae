#include "backends/postgres/connection.hpp"
#include <poll.h>
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <fmt/core.h>
#include "backends/postgres/errors.hpp"
#include "base/test_point.hpp"

namespace stint::postgres {
namespace {

// All values and results are sent in binary.
constexpr int kBinary = 1;
constexpr std::string_view kNoAnswer = "it does not answer, though it is not closed";

bool is_planned_once(const Command& command) {
  return std::ranges::find(kPlannedOnce, command.file) != kPlannedOnce.end();
}

// Whether a kept plan could choose badly: there is but one for what reads no table, and any will do
// for what finds a row in a table of few.
bool looks_rows_up(const Command& command) {
  constexpr std::array kAnyPlanWillDo{
      &sql::enqueue,        &sql::enqueue_one,   &sql::notify,    &sql::commit_quickly,
      &sql::acquire_lock,   &sql::renew_lock,    &sql::read_lock, &sql::release_lock,
      &sql::request_limits, &sql::write_liveness};
  return is_planned_once(command) &&
         std::ranges::find(kAnyPlanWillDo, command.file) == kAnyPlanWillDo.end();
}

// The server gives up before we do: else nobody knows what became of the statement. For a locked
// row it waits less, so that what waits behind it is not cut off.
Command make_limits(std::chrono::milliseconds timeout, bool is_direct) {
  Parameters limits;
  limits.add(fmt::format("{}ms", timeout.count() * 8 / 10))
      .add(fmt::format("{}ms", timeout.count() / 2))
      .add(!is_direct);
  return {&sql::request_limits, std::move(limits)};
}

// The first answer of a new session: there is nothing yet that it could have to do.
constexpr std::chrono::seconds kFirstAnswer{10};

using SteadyClock = std::chrono::steady_clock;

// Wait for a socket; false: the time has come.
bool wait_for_socket(PGconn* connection, short events, SteadyClock::time_point deadline) {
  pollfd file{PQsocket(connection), events, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return false;
    if (poll(&file, 1, static_cast<int>(left.count())) > 0) return true;
  }
}

// libpq's own connect_timeout is of whole seconds, two at least, and for each host. `in_time`: the
// limit has not passed.
ConnectionPointer connect_within(std::chrono::milliseconds limit, const char* const* keywords,
                                 const char* const* values, bool& in_time) {
  const auto deadline = SteadyClock::now() + limit;
  ConnectionPointer connection{PQconnectStartParams(keywords, values, 0)};
  if (!connection || PQstatus(connection.get()) == CONNECTION_BAD) return connection;
  short events = POLLOUT;
  while (true) {
    in_time = wait_for_socket(connection.get(), events, deadline);
    if (!in_time) return connection;
    const PostgresPollingStatusType state = PQconnectPoll(connection.get());
    if (state == PGRES_POLLING_OK || state == PGRES_POLLING_FAILED) return connection;
    events = state == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
  }
}

}  // namespace

ConnectionPointer connect(const ConnectOptions& options) {
  // How often a host took all the time that there was.
  static std::atomic<unsigned> lost_hosts{0};
  const bool has_limit = options.request_timeout.count() > 0;
  const auto parameters = with_next_host(options.parameters, has_limit ? lost_hosts.load() : 0);
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  bool in_time = true;
  ConnectionPointer connection =
      has_limit ? connect_within(options.request_timeout, keywords.data(), values.data(), in_time)
                : ConnectionPointer{PQconnectdbParams(keywords.data(), values.data(), 0)};
  if (connection && !in_time) {
    ++lost_hosts;
    throw connect_error(connection.get(), options.url,
                        fmt::format("no answer within {} ms", options.request_timeout.count()));
  }
  if (!connection) throw Error(ErrorCode::kUnavailable, "out of memory", {.retryable = true});
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw connect_error(connection.get(), options.url);
  }
  // Notices would be printed to standard error.
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  return connection;
}

Connection::Connection(const ConnectOptions& options, const Statements& statements)
    : options_(options),
      statements_(statements),
      connection_(connect(options)),
      watch_(options, statements),
      is_direct_(ask_whether_direct()),
      names_statements_(names_statements()),
      limits_(make_limits(options.request_timeout, is_direct_)),
      // Not before it is open: a smaller number must not have been opened later.
      number_(newest_number().fetch_add(1) + 1) {
  watch_.set_direct(is_direct_);
  if (PQenterPipelineMode(connection_.get()) != 1) fail_lost("", false);
}

std::atomic<std::uint64_t>& Connection::newest_number() {
  static std::atomic<std::uint64_t> number{0};
  return number;
}

bool Connection::names_statements() const {
  return options_.prepare == Prepare::kWhereDirect ? is_direct_
                                                   : options_.prepare == Prepare::kAlways;
}

bool Connection::ask_whether_direct() {
  // A pooler cannot know the process that will serve us, so the number that it gave for cancelling
  // is not that process's.
  const std::string_view name = sql::serving_process.name;
  std::chrono::milliseconds limit = kFirstAnswer;
  if (options_.request_timeout.count() > 0) {
    const auto spent = std::chrono::ceil<std::chrono::milliseconds>(SteadyClock::now() - begun_);
    limit = std::max(options_.request_timeout - spent, options_.request_timeout / 4);
  }
  if (PQsendQuery(connection_.get(), statements_.text(sql::serving_process).c_str()) != 1) {
    fail_lost(name, false);
  }
  bool direct = false;
  while (true) {
    if (!watch_.wait(connection_.get(), limit)) fail_lost(name, false, kNoAnswer);
    const ResultPointer result{PQgetResult(connection_.get())};
    if (!result) return direct;
    if (PQstatus(connection_.get()) == CONNECTION_BAD) fail_lost(name, false);
    direct = PQresultStatus(result.get()) == PGRES_TUPLES_OK && PQntuples(result.get()) == 1 &&
             PQgetvalue(result.get(), 0, 0) == std::to_string(PQbackendPID(connection_.get()));
  }
}

void Connection::fail_lost(std::string_view statement, bool in_doubt, std::string_view cause) {
  usable_ = false;
  throw lost_error(connection_.get(), statement, in_doubt, cause);
}

ResultPointer Connection::next_result(std::string_view statement) {
  if (!watch_.wait(connection_.get())) fail_lost(statement, true, kNoAnswer);
  return ResultPointer{PQgetResult(connection_.get())};
}

std::vector<Connection::Sending> Connection::plan(std::span<const Command> commands) const {
  static const Command kPreferIndexes{&sql::prefer_indexes, {}};
  std::vector<Sending> sendings;
  std::unordered_set<std::string_view> known = prepared_;
  const auto add = [&](const Command& command, bool is_named) {
    sendings.push_back({&command, is_named, is_named && known.insert(command.file->name).second});
  };
  // A session of our own keeps them.
  if (options_.request_timeout.count() > 0 && !has_limits_) add(limits_, names_statements_);
  if (names_statements_ && std::ranges::any_of(commands, looks_rows_up)) {
    add(kPreferIndexes, true);
  }
  for (const Command& command : commands) {
    add(command, names_statements_ && is_planned_once(command));
  }
  return sendings;
}

void Connection::send(const Sending& sending) {
  const SqlFile& file = *sending.command->file;
  const Parameters& parameters = sending.command->parameters;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& value : parameters.values()) {
    values.push_back(value ? value->data() : nullptr);
    lengths.push_back(value ? static_cast<int>(value->size()) : 0);
  }
  const std::vector<int> formats(parameters.size(), kBinary);
  const auto count = static_cast<int>(parameters.size());
  const std::string& text = statements_.text(file);
  const std::string name{file.name};
  int sent = 1;
  if (sending.prepares) {
    sent = PQsendPrepare(connection_.get(), name.c_str(), text.c_str(), count,
                         parameters.types().data());
  }
  if (sent == 1) {
    sent =
        sending.is_named
            ? PQsendQueryPrepared(connection_.get(), name.c_str(), count, values.data(),
                                  lengths.data(), formats.data(), kBinary)
            : PQsendQueryParams(connection_.get(), text.c_str(), count, parameters.types().data(),
                                values.data(), lengths.data(), formats.data(), kBinary);
  }
  // The transaction ends with the sync, which was not sent: nothing can have been committed.
  if (sent != 1) fail_lost(file.name, false);
}

std::vector<Result> Connection::run(std::span<const Command> commands) {
  const std::vector<Sending> sendings = plan(commands);
  for (const Sending& sending : sendings) send(sending);
  STINT_TEST_POINT("postgres.before_sync");
  if (PQpipelineSync(connection_.get()) != 1) fail_lost(commands.back().file->name, true);
  STINT_TEST_POINT("postgres.after_sync");
  std::vector<Result> results = receive(sendings);
  has_limits_ = is_direct_;
  const std::ptrdiff_t ours = std::ssize(sendings) - std::ssize(commands);
  results.erase(results.begin(), results.begin() + ours);
  return results;
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

std::vector<Result> Connection::receive(std::span<const Sending> sendings) {
  std::vector<Result> results;
  results.reserve(sendings.size());
  std::optional<Error> error;
  // Reads one result and the null behind it that libpq puts after each statement's.
  const auto take = [&](std::string_view statement) {
    ResultPointer result = next_result(statement);
    if (!result) fail_lost(statement, true);
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_ABORTED) return result;
    if (auto one = take_error(result.get(), statement); one && !error) error = std::move(one);
    return result;
  };
  const auto take_end = [&](std::string_view statement) {
    if (next_result(statement)) fail_lost(statement, true);
  };
  for (const Sending& sending : sendings) {
    const std::string_view name = sending.command->file->name;
    if (sending.prepares) {
      take(name);
      take_end(name);
      if (!error) prepared_.insert(name);
    }
    results.emplace_back(take(name));
    take_end(name);
  }
  // The commit happens now: without this answer its outcome is not known.
  const std::string_view last = sendings.back().command->file->name;
  const ResultPointer sync = next_result(last);
  if (!sync) fail_lost(last, true);
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) {
    auto commit_error = take_error(sync.get(), last);
    if (!error) error = std::move(commit_error);
    const ResultPointer after = next_result(last);
    if (!after || PQresultStatus(after.get()) != PGRES_PIPELINE_SYNC) fail_lost(last, true);
  }
  if (error) throw Error(*error);
  return results;
}

}  // namespace stint::postgres
