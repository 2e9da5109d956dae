// Money that is moved exactly once. The order and its job are one transaction, and so are the
// booking and the job's completion. Needs a PostgreSQL store, and in the same database:
//
//     create table account (name text primary key, cents bigint not null check (cents >= 0));
//     create table booking (job bigint, source text, target text, cents bigint);
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <libpq-fe.h>
#include <stint/postgresql.hpp>
#include <stint/stint.hpp>

using stint::arg;

namespace {

/// Run one statement; throw what the server says against it.
void run(PGconn* connection, const char* statement, const std::vector<std::string>& values = {}) {
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  const std::unique_ptr<PGresult, decltype(&PQclear)> result{
      PQexecParams(connection, statement, static_cast<int>(texts.size()), nullptr, texts.data(),
                   nullptr, nullptr, 0),
      &PQclear};
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error{PQerrorMessage(connection)};
  }
}

void transfer(stint::Job& job, const std::string& from, const std::string& to, long cents) {
  PGconn* const sql = stint::postgresql::connection(job.transaction());
  const std::string amount = std::to_string(cents);
  run(sql, "update account set cents = cents - $2::bigint where name = $1", {from, amount});
  run(sql, "update account set cents = cents + $2::bigint where name = $1", {to, amount});
  run(sql, "insert into booking values ($1::bigint, $2, $3, $4::bigint)",
      {std::to_string(job.id().value), from, to, amount});
}  // now all of it is committed, with the job's completion, or none of it

/// A command of this program, in whose place your application stands: it enqueues on a connection
/// and in a transaction of its own.
int order(stint::Client& client, const std::string& from, const std::string& to, long cents,
          bool cancel) {
  const char* const url = std::getenv("DATABASE_URL");
  const std::unique_ptr<PGconn, decltype(&PQfinish)> own{PQconnectdb(url == nullptr ? "" : url),
                                                         &PQfinish};
  run(own.get(), "begin");
  run(own.get(), "insert into account values ($1, 0) on conflict do nothing", {to});
  stint::postgresql::enqueue(client, own.get(), "bank.transfer",
                             {{"from", from}, {"to", to}, {"cents", cents}});
  run(own.get(), cancel ? "rollback" : "commit");  // only now there is an account and a job
  return 0;
}

}  // namespace

STINT_MODULE(bank, m) {
  m.task("transfer", transfer, {arg("from"), arg("to"), arg("cents")},
         // Two that wait for each other's account: the server refuses one, which is tried again.
         {.doc = "Moves money, once.",
          .retry = {.max_attempts = 5, .backoff = std::chrono::milliseconds{100}},
          .transaction = true});
  m.command("order", order, {arg("from"), arg("to"), arg("cents"), arg("cancel") = false});
}

int main(int argc, char** argv) { return stint::main(argc, argv, {bank}); }
