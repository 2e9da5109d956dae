// Transactions of attempts: what a task writes and its job's completion, together or not at all.
#include "backends/postgres/attempts.hpp"
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <thread>
#include <fmt/format.h>
#include "base/test_point.hpp"
#include "base/url.hpp"
#include "postgres_test_base.hpp"
#include "stint/error.hpp"
#include "stint/postgresql.hpp"
#include "support/cutting_proxy.hpp"
#include "support/eventually.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PostgresAttemptsTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    run("create table stint.effect (note text)");
    worker_ = new_worker(store());
    connection_ = attempts(url());
  }
  void TearDown() override {
    connection_.reset();
    if (!IsSkipped()) run("drop table stint.effect");
    PostgresTest::TearDown();
  }

  static std::unique_ptr<postgres::PostgresAttempts> attempts(const std::string& url) {
    return std::make_unique<postgres::PostgresAttempts>(postgres::parse_connect_options(url));
  }
  /// A job in the hands of the test's worker.
  ClaimedJob claim() {
    put(1);
    const ClaimRequest request = claim_of(worker_, 1);
    return store().exchange({}, &request).claimed.at(0);
  }
  std::unique_ptr<AttemptTransaction> begin(const ClaimedJob& job) {
    return connection_->begin(job.id, job.epoch);
  }
  static Completion done(const ClaimedJob& job) {
    return {.id = job.id, .epoch = job.epoch, .ran_for = 5ms, .output = "7"};
  }
  /// Run a statement as the task would; returns its first value, or the error.
  std::string task_runs(AttemptTransaction& transaction, std::string text) {
    const std::string mark = "stint.";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
      text.replace(at, mark.size(), schema() + ".");
    }
    PGconn* const connection = postgresql::connection(transaction);
    const postgres::ResultPointer result{PQexec(connection, text.c_str())};
    if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) return PQgetvalue(result.get(), 0, 0);
    return PQresultStatus(result.get()) == PGRES_COMMAND_OK ? "" : PQerrorMessage(connection);
  }
  void write(AttemptTransaction& transaction, const std::string& note) {
    EXPECT_EQ(task_runs(transaction, "insert into stint.effect values ('" + note + "')"), "");
  }
  std::vector<std::string> effects() { return run("select note from stint.effect order by note"); }
  JobRecord record(const ClaimedJob& job) { return store().find_job(job.id).value(); }
  /// Sessions that are within an attempt's transaction.
  bool is_session_open() {
    return !run(fmt::format("select pid from pg_stat_activity where pid <> pg_backend_pid() and "
                            "xact_start is not null and state like 'idle in%' and query like "
                            "'%{}%'",
                            schema()))
                .empty();
  }

  WorkerId worker_;
  std::unique_ptr<postgres::PostgresAttempts> connection_;
};

TEST_F(PostgresAttemptsTest, CommitsBothTogether) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  EXPECT_THAT(effects(), IsEmpty());
  EXPECT_EQ(record(job).state, JobState::kRunning);
  EXPECT_EQ(transaction->complete(done(job)), WriteResult::kAccepted);
  EXPECT_THAT(effects(), ElementsAre("a"));
  const JobRecord stored = record(job);
  EXPECT_EQ(stored.state, JobState::kDone);
  EXPECT_EQ(stored.attempts, 1);
  EXPECT_EQ(stored.output, "7");
  EXPECT_EQ(stored.epoch, job.epoch);
  EXPECT_EQ(*stored.finished_at - *stored.started_at, 5ms);
}

TEST_F(PostgresAttemptsTest, KeepsBytesOfTheOutput) {
  const ClaimedJob job = claim();
  Completion end = done(job);
  end.attachments = {std::string("\0one", 4), "two"};
  EXPECT_EQ(begin(job)->complete(end), WriteResult::kAccepted);
  EXPECT_EQ(store().load_attachments(job.id, Store::Attachments::kOutput), end.attachments);
}

TEST_F(PostgresAttemptsTest, RollsBackWhatIsNotCompleted) {
  const ClaimedJob job = claim();
  write(*begin(job), "a");
  EXPECT_THAT(effects(), IsEmpty());
  EXPECT_EQ(record(job).state, JobState::kRunning) << "how it ended is for the worker to write";
  // The same session serves the next one.
  const auto again = begin(job);
  write(*again, "b");
  EXPECT_EQ(again->complete(done(job)), WriteResult::kAccepted);
  EXPECT_THAT(effects(), ElementsAre("b"));
}

TEST_F(PostgresAttemptsTest, KeepsNothingOfAnAttemptThatWasFenced) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  store().retire_worker(worker_);  // and the job goes to another
  EXPECT_EQ(transaction->complete(done(job)), WriteResult::kFenced);
  EXPECT_THAT(effects(), IsEmpty());
  EXPECT_EQ(record(job).state, JobState::kQueued);
}

TEST_F(PostgresAttemptsTest, WaitsForWhoeverIsTakingTheJobAway) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  run(fmt::format("begin; update stint.live set epoch = epoch + 1 where id = {}", job.id.value));
  std::atomic<bool> is_fenced{false};
  std::thread completing{
      [&] { is_fenced = transaction->complete(done(job)) == WriteResult::kFenced; }};
  EXPECT_TRUE(eventually([&] {
    return !run("select pid from pg_locks where not granted and pid <> pg_backend_pid()").empty();
  }));
  run("commit");
  completing.join();
  EXPECT_TRUE(is_fenced);
  EXPECT_THAT(effects(), IsEmpty());
}

// --- What a task leaves behind ------------------------------------------------------------------

TEST_F(PostgresAttemptsTest, NoticesThatTheTaskEndedTheTransaction) {
  for (const char* const end : {"commit", "rollback", "commit; begin",
                                "rollback; begin; select set_config('stint.attempt', '', true)"}) {
    SCOPED_TRACE(end);
    const ClaimedJob job = claim();
    const auto transaction = begin(job);
    task_runs(*transaction, end);
    EXPECT_THROW(static_cast<void>(transaction->complete(done(job))), Reject);
    EXPECT_EQ(record(job).state, JobState::kRunning);
    EXPECT_FALSE(transaction->is_lost());
  }
}

TEST_F(PostgresAttemptsTest, AllowsSavepoints) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "kept");
  task_runs(*transaction, "savepoint s");
  write(*transaction, "undone");
  task_runs(*transaction, "rollback to s");
  EXPECT_EQ(transaction->complete(done(job)), WriteResult::kAccepted);
  EXPECT_THAT(effects(), ElementsAre("kept"));
}

TEST_F(PostgresAttemptsTest, RefusesAFailedTransaction) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  EXPECT_THAT(task_runs(*transaction, "select 1 / 0"), HasSubstr("division by zero"));
  try {
    static_cast<void>(transaction->complete(done(job)));
    FAIL() << "a failed transaction was completed";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a statement of the task failed"));
    EXPECT_FALSE(error.retryable());
  }
  EXPECT_FALSE(transaction->is_lost());
}

TEST_F(PostgresAttemptsTest, RefusesWhatIsUnfinished) {
  const ClaimedJob job = claim();
  {
    const auto transaction = begin(job);
    PQsendQuery(postgresql::connection(*transaction), "select 1");
    EXPECT_THROW(static_cast<void>(transaction->complete(done(job))), Error);
  }
  {
    const auto transaction = begin(job);
    PQenterPipelineMode(postgresql::connection(*transaction));
    EXPECT_THROW(static_cast<void>(transaction->complete(done(job))), Error);
  }
  {
    const auto transaction = begin(job);
    task_runs(*transaction, "copy stint.effect from stdin");
    EXPECT_THROW(static_cast<void>(transaction->complete(done(job))), Error);
  }
  EXPECT_EQ(begin(job)->complete(done(job)), WriteResult::kAccepted) << "on a new connection";
}

TEST_F(PostgresAttemptsTest, TellsWhatTheCommitRefuses) {
  run("create table stint.child (note text)");
  run("alter table stint.effect add unique (note)");
  run("alter table stint.child add foreign key (note) references stint.effect (note) "
      "deferrable initially deferred");
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  EXPECT_EQ(task_runs(*transaction, "insert into stint.child values ('nobody')"), "");
  try {
    static_cast<void>(transaction->complete(done(job)));
    FAIL() << "the constraint held nothing up";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("foreign key"));
    EXPECT_FALSE(error.outcome_unknown());
  }
  EXPECT_EQ(record(job).state, JobState::kRunning);
  EXPECT_THAT(run("select * from stint.child"), IsEmpty());
  run("drop table stint.child");
}

TEST_F(PostgresAttemptsTest, LeavesNothingOfASessionToTheNext) {
  const ClaimedJob job = claim();
  std::string process;
  {
    const auto transaction = begin(job);
    process = task_runs(*transaction, "select pg_backend_pid()");
    task_runs(*transaction, "create temp table left_over (a int)");
    task_runs(*transaction, "select pg_advisory_lock(77)");
    task_runs(*transaction, "prepare left_over as select 1");
    task_runs(*transaction, "set search_path = pg_catalog");
    EXPECT_EQ(transaction->complete(done(job)), WriteResult::kAccepted);
  }
  const auto transaction = begin(claim());
  EXPECT_EQ(task_runs(*transaction, "select pg_backend_pid()"), process) << "it is the same one";
  EXPECT_EQ(task_runs(*transaction, "select count(*) from pg_prepared_statements"), "0");
  EXPECT_EQ(task_runs(*transaction, "select to_regclass('left_over')"), "");
  EXPECT_EQ(task_runs(*transaction, "show search_path"), "\"$user\", public");
  EXPECT_EQ(run("select count(*) from pg_locks where locktype = 'advisory' and objid = 77").at(0),
            "0");
}

TEST_F(PostgresAttemptsTest, RunsOutsideTheQueueToo) {
  const auto transaction = connection_->begin(JobId{}, Epoch{});
  write(*transaction, "a");
  EXPECT_EQ(transaction->complete({}), WriteResult::kAccepted);
  EXPECT_THAT(effects(), ElementsAre("a"));
  const auto ended = connection_->begin(JobId{}, Epoch{});
  task_runs(*ended, "commit; begin");
  EXPECT_THROW(static_cast<void>(ended->complete({})), Reject);
}

TEST_F(PostgresAttemptsTest, HoldsTheTypedAccessorToItsBackend) {
  class Other final : public Transaction {
    std::string_view backend() const override { return "other"; }
    void* native_handle() override { return nullptr; }
  } other;
  EXPECT_THROW(static_cast<void>(postgresql::connection(other)), Error);
}

// --- Stops and forks ----------------------------------------------------------------------------

TEST_F(PostgresAttemptsTest, CancelsTheStatementUnderWay) {
  const ClaimedJob job = claim();
  {
    const auto transaction = begin(job);
    std::thread stopping{[&] {
      EXPECT_TRUE(eventually([&] {
        return !run("select pid from pg_stat_activity where query = 'select pg_sleep(3600)'")
                    .empty();
      }));
      transaction->cancel();
    }};
    EXPECT_THAT(task_runs(*transaction, "select pg_sleep(3600)"), HasSubstr("user request"));
    stopping.join();
  }
  // A cancel that comes late meets nobody.
  EXPECT_EQ(begin(job)->complete(done(job)), WriteResult::kAccepted);
}

TEST_F(PostgresAttemptsTest, HasTheServerRollBackWhileTheTaskIsStuck) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  EXPECT_TRUE(is_session_open());
  transaction->sever();
  EXPECT_TRUE(eventually([&] { return !is_session_open(); }));
  EXPECT_THROW(static_cast<void>(transaction->complete(done(job))), Error);
  EXPECT_TRUE(transaction->is_lost());
  EXPECT_THAT(effects(), IsEmpty());
}

TEST_F(PostgresAttemptsTest, IsUntouchedByAFork) {
  const ClaimedJob job = claim();
  auto transaction = begin(job);
  write(*transaction, "a");
  const pid_t child = ::fork();
  if (child == 0) {
    int refused = 1;
    try {
      static_cast<void>(transaction->complete(done(job)));
    } catch (const Error&) {
      refused = 0;
    }
    transaction.reset();
    connection_.reset();
    ::_exit(refused);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(transaction->complete(done(job)), WriteResult::kAccepted);
  EXPECT_THAT(effects(), ElementsAre("a"));
}

// --- Connections that break ---------------------------------------------------------------------

TEST_F(PostgresAttemptsTest, IsLostWithItsSession) {
  const ClaimedJob job = claim();
  {
    const auto transaction = begin(job);
    write(*transaction, "a");
    run("select pg_terminate_backend(" + task_runs(*transaction, "select pg_backend_pid()") + ")");
    try {
      static_cast<void>(transaction->complete(done(job)));
      FAIL() << "a transaction without a session was completed";
    } catch (const Error& error) {
      EXPECT_TRUE(error.retryable());
      EXPECT_FALSE(error.outcome_unknown()) << "the commit was never sent";
    }
    EXPECT_TRUE(transaction->is_lost());
  }
  EXPECT_EQ(begin(job)->complete(done(job)), WriteResult::kAccepted);
  EXPECT_THAT(effects(), IsEmpty());
}

TEST_F(PostgresAttemptsTest, ReplacesAConnectionThatDiedWhileItLayIdle) {
  const ClaimedJob job = claim();
  const std::string process = task_runs(*begin(job), "select pg_backend_pid()");
  run("select pg_terminate_backend(" + process + ")");
  EXPECT_TRUE(eventually(
      [&] { return run("select pid from pg_stat_activity where pid = " + process).empty(); }));
  EXPECT_EQ(begin(job)->complete(done(job)), WriteResult::kAccepted);
}

class PostgresAttemptsDoubt : public PostgresAttemptsTest {
 protected:
  void SetUp() override {
    PostgresAttemptsTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const Url server = parse_url(url());
    proxy_ = std::make_unique<CuttingProxy>(server.host, server.port.value_or(5432));
    connection_ = attempts(fmt::format("postgresql://{}@127.0.0.1:{}{}?schema={}&sslmode=disable",
                                       server.user, proxy_->port(), server.path, schema()));
  }
  void TearDown() override {
    connection_.reset();
    proxy_.reset();
    PostgresAttemptsTest::TearDown();
  }

  /// Complete; what is in doubt is asked for until it is known.
  WriteResult complete(AttemptTransaction& transaction, const Completion& end) {
    for (int tries = 1;; ++tries) {
      try {
        return transaction.complete(end);
      } catch (const Error& error) {
        if (!error.outcome_unknown()) throw;
        EXPECT_LT(tries, 100);
        proxy_->refuse(false);
      }
    }
  }

  std::unique_ptr<CuttingProxy> proxy_;
};

TEST_F(PostgresAttemptsDoubt, ReadsBackACommitWhoseReplyWasLost) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  proxy_->lose_next_reply("commit_attempt");
  try {
    static_cast<void>(transaction->complete(done(job)));
    FAIL() << "nobody can know yet";
  } catch (const Error& error) {
    EXPECT_TRUE(error.outcome_unknown());
  }
  EXPECT_EQ(transaction->complete(done(job)), WriteResult::kAccepted);
  EXPECT_THAT(effects(), ElementsAre("a"));
}

TEST_F(PostgresAttemptsDoubt, ReadsBackACommitThatNeverArrived) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  const ArmedTestPoint point("postgres.before_attempt_commit",
                             [&] { proxy_->cut_all(Cut::kReset); });
  try {
    static_cast<void>(complete(*transaction, done(job)));
    FAIL() << "there was no commit";
  } catch (const Error& error) {
    EXPECT_FALSE(error.outcome_unknown());
    EXPECT_TRUE(error.retryable());
  }
  EXPECT_TRUE(transaction->is_lost());
  EXPECT_THAT(effects(), IsEmpty());
  EXPECT_EQ(record(job).state, JobState::kRunning);
}

TEST_F(PostgresAttemptsDoubt, WaitsForACommitThatIsStillOnItsWay) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  proxy_->delay_next_request("commit_attempt");
  EXPECT_THROW(static_cast<void>(transaction->complete(done(job))), Error);
  // The old session holds the job's row until its commit arrives, or it is given up.
  std::atomic<bool> is_known{false};
  WriteResult result = WriteResult::kFenced;
  std::thread asking{[&] {
    result = complete(*transaction, done(job));
    is_known = true;
  }};
  EXPECT_TRUE(eventually([&] {
    return !run("select pid from pg_locks where not granted and pid <> pg_backend_pid()").empty();
  }));
  EXPECT_FALSE(is_known);
  proxy_->deliver();
  asking.join();
  EXPECT_EQ(result, WriteResult::kAccepted);
  EXPECT_THAT(effects(), ElementsAre("a"));
}

TEST_F(PostgresAttemptsDoubt, AsksUntilTheServerAnswers) {
  const ClaimedJob job = claim();
  const auto transaction = begin(job);
  write(*transaction, "a");
  proxy_->lose_next_reply("commit_attempt");
  proxy_->refuse(true);
  for (int i = 0; i < 3; ++i) {
    try {
      static_cast<void>(transaction->complete(done(job)));
      FAIL() << "it was answered without a server";
    } catch (const Error& error) {
      EXPECT_TRUE(error.outcome_unknown());
    }
  }
  proxy_->refuse(false);
  EXPECT_EQ(transaction->complete(done(job)), WriteResult::kAccepted);
  EXPECT_THAT(effects(), ElementsAre("a"));
}

/// At each byte of each reply: whatever the caller is told is true.
TEST_F(PostgresAttemptsDoubt, IsRightWhereverAReplyIsCut) {
  int accepted = 0;
  int lost = 0;
  for (const char* const statement : {"complete_attempt", "commit_attempt"}) {
    for (std::size_t bytes = 0; bytes < 400; bytes += bytes < 24 ? 1 : 37) {
      const ClaimedJob job = claim();
      const std::string note = fmt::format("{} {}", statement, bytes);
      SCOPED_TRACE(note);
      const auto transaction = begin(job);
      write(*transaction, note);
      proxy_->cut_next_reply(bytes, statement);
      bool is_done = false;
      try {
        is_done = complete(*transaction, done(job)) == WriteResult::kAccepted;
      } catch (const Error& error) {
        EXPECT_TRUE(error.retryable()) << error.what();
        EXPECT_TRUE(transaction->is_lost());
      }
      proxy_->heal();
      (is_done ? accepted : lost) += 1;
      EXPECT_EQ(record(job).state == JobState::kDone, is_done);
      EXPECT_THAT(run("select note from stint.effect where note = '" + note + "'"),
                  SizeIs(is_done ? 1 : 0));
    }
  }
  EXPECT_GT(accepted, 20);
  EXPECT_GT(lost, 20);
}

}  // namespace
}  // namespace stint::test
