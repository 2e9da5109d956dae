// A program whose tasks write in the transaction of their job: rows (job, epoch, note) of the table
// that they are given, one an execution.
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <stint/postgresql.hpp>
#include <stint/stint.hpp>
#include "support/execution_journal.hpp"

using namespace std::chrono_literals;
using stint::arg;
using stint::Job;

namespace {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};

/// Returns the first value, if there is one. Throws what the server says.
std::string run(PGconn* connection, const std::string& text) {
  const std::unique_ptr<PGresult, ResultDeleter> result{PQexec(connection, text.c_str())};
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error{PQerrorMessage(connection)};
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::string run(Job& job, const std::string& text) {
  return run(stint::postgresql::connection(job.transaction()), text);
}

std::string insertion(const Job& job, const std::string& table, const std::string& note) {
  return fmt::format("insert into {} values ({}, {}, '{}')", table, job.id().value,
                     job.epoch().value, note);
}

void put(Job& job, const std::string& table, const std::string& note) {
  run(job, insertion(job, table, note));
}

void note_begun() {
  std::FILE* const file = std::fopen("begun", "w");  // of the working folder
  std::fprintf(file, "%d\n", ::getpid());
  std::fclose(file);
}

void put_and_throw(Job& job, const std::string& table) {
  put(job, table, "thrown");
  throw std::runtime_error{"after it wrote"};
}

void put_and_commit(Job& job, const std::string& table) {
  put(job, table, "committed");
  run(job, "commit");
}

void put_and_pass_over(Job& job, const std::string& table) {
  put(job, table, "passed over");
  try {
    run(job, "select 1 / 0");
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): that is the point
  }
}

void put_and_sleep_in_sql(Job& job, const std::string& table) {
  put(job, table, "slept");
  note_begun();
  run(job, "select pg_sleep(3600)");
}

void put_and_hang(Job& job, const std::string& table) {
  put(job, table, "hung");
  note_begun();
  for (;;) ::pause();
}

/// Its session is terminated at the first attempt.
std::string put_and_lose(Job& job, const std::string& table) {
  put(job, table, fmt::format("attempt {}", job.attempt()));
  if (job.attempt() == 1) run(job, "select pg_terminate_backend(pg_backend_pid())");
  return fmt::format("attempt {}", job.attempt());
}

void put_and_die(Job& job, const std::string& table) {
  put(job, table, "died");
  if (job.attempt() == 1) ::raise(SIGKILL);
}

/// Returns the child's number.
std::int64_t put_and_enqueue(Job& job, stint::Client& client, const std::string& table,
                             bool fails) {
  put(job, table, "parent");
  const auto child =
      stint::postgresql::enqueue(client, stint::postgresql::connection(job.transaction()), "x.put",
                                 {{"table", table}, {"note", "child"}});
  if (fails) throw stint::Reject{"after its child"};
  return child.id().value;
}

// --- Hooks --------------------------------------------------------------------------------------

/// Write a row before the task and one behind it, and do what the job's metadata say in "hook".
void write_around(Job& job, stint::Next next) {
  const std::string way = job.metadata().value("hook", "");
  if (way.empty()) {
    next();
    return;
  }
  const std::string table = job.args().at("table").get<std::string>();
  put(job, table, "before");
  if (way == "throw before") throw std::runtime_error{"the hook will not have it"};
  try {
    next();
  } catch (const std::exception&) {
    if (way != "swallow") throw;
  }
  put(job, table, "behind");
  if (way == "throw behind") throw std::runtime_error{"the hook will not have it"};
  if (way == "put off") throw stint::Snooze{1h};
  if (way == "commit") run(job, "commit");
  if (way != "pass over") return;
  try {
    run(job, "select 1 / 0");
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): that is the point
  }
}

/// Have a row written about a failure, by a job of its own: what failed is rolled back by now.
void note_failure(const stint::FailedAttempt& attempt, stint::Client& client) {
  if (!attempt.metadata.contains("alarm")) return;
  const std::string now{stint::to_string(client.job(attempt.job).state())};
  client.enqueue("x.put", {{"table", attempt.metadata["alarm"]},
                           {"note", fmt::format("{}: {}", attempt.attempt,
                                                attempt.is_final ? now : std::string{"again"})}});
  throw std::runtime_error{"what hooks throw changes nothing"};
}

// --- For the kill test --------------------------------------------------------------------------

const stint::test::JournalWriter& journal() {
  static const stint::test::JournalWriter kJournal{"journal"};
  return kJournal;
}

/// One row an execution, in the job's transaction, or (a mistake, to see that it is noticed) in one
/// of its own.
std::int64_t work(Job& job, const std::string& table, int ms, bool outside) {
  journal().write(false, job.id(), job.epoch());
  if (outside) {
    const char* const url = std::getenv("OUTSIDE_URL");
    const std::unique_ptr<PGconn, decltype(&PQfinish)> own{PQconnectdb(url), &PQfinish};
    run(own.get(), insertion(job, table, "outside"));
  } else {
    put(job, table, "inside");
  }
  job.sleep_for(std::chrono::milliseconds{ms});
  journal().write(true, job.id(), job.epoch());
  return job.epoch().value;
}

}  // namespace

STINT_MODULE(x, m) {
  const std::vector<arg> table{arg("table")};
  const stint::TaskOptions both{.transaction = true};
  m.around(write_around);
  m.on_failed(note_failure);
  m.task("put", put, {arg("table"), arg("note")}, both);
  m.task("put_and_throw", put_and_throw, table,
         {.retry = {.max_attempts = 2, .backoff = 1ms}, .transaction = true});
  m.task("put_and_commit", put_and_commit, table,
         {.retry = {.max_attempts = 5}, .transaction = true});
  m.task("put_and_pass_over", put_and_pass_over, table, both);
  m.task("put_and_sleep_in_sql", put_and_sleep_in_sql, table, both);
  m.task("put_and_hang", put_and_hang, table, both);
  m.task("put_and_lose", put_and_lose, table, both);
  m.task("put_and_die", put_and_die, table, both);
  m.task("put_and_enqueue", put_and_enqueue, {arg("table"), arg("fails") = false}, both);
  m.task(
      "bytes", [](Job& job) { return stint::Bytes{run(job, "select 'out of line'")}; }, {}, both);
  m.task("without", [](Job& job) { job.transaction(); });
  m.task("work", work, {arg("table"), arg("ms"), arg("outside") = false}, both);
}

int main(int argc, char** argv) { return stint::main(argc, argv, {x}); }
