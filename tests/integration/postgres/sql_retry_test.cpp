// A retry by SQL beside one by the library: of the same job, with all that becomes of its rows.
#include <array>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/format.h>
#include "backends/postgres/connection.hpp"
#include "postgres_test_base.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = OperationResult::Kind;

constexpr std::array<std::string_view, 6> kTablesOfJobs = {"live",    "finished",   "job",
                                                           "attempt", "attachment", "idempotency"};

class SqlRetry : public PostgresTest {
 protected:
  /// A job with everything that one can have; it waits.
  JobId wait() {
    const JobId id = put(1, {.task = "t.run",
                             .args = R"({"a":{"$stint.bytes":0,"size":2}})",
                             .attachments = {"in"},
                             .node = "n1",
                             .priority = 3,
                             .max_attempts = 4,
                             .metadata = R"({"m":1})",
                             .tags = {"one", "two"}})
                         .at(0);
    run(
        fmt::format("insert into stint.attempt (job, epoch, worker, started_at, ended_at, attempt,"
                    " cause, error) values ({}, 5, 3, '2026-01-01Z', '2026-01-02Z', 1, 'error',"
                    " '{{\"message\":\"first\"}}')",
                    id.value));
    return id;
  }
  /// One that has ended, with a value in every column.
  JobId end(JobState state, std::string_view cause) {
    const JobId id = wait();
    run(fmt::format(
        "with gone as (delete from stint.live where id = {} returning *)"
        " insert into stint.finished (id, epoch, run_at, finished_at, started_at, worker, attempts,"
        " interruptions, crashes, progress, failures, state, domain, cause, progress_message, "
        "error,"
        " output) select id, 7, '2026-01-01Z', '2026-01-03Z', '2026-01-02Z', 3, 5, 2, 4, 0.5, 6, "
        "{},"
        " domain, '{}', 'half', '{{\"type\":\"x\",\"message\":\"last\"}}', '1' from gone;"
        " insert into stint.attachment (job, position, kind, data) values ({}, 0, 2, 'out')",
        id.value, static_cast<int>(state), cause, id.value));
    return id;
  }
  /// One that waits or runs, as `what` has it.
  JobId stand(std::string_view what) {
    const JobId id = wait();
    run(fmt::format("update stint.live set {} where id = {}", what, id.value));
    return id;
  }

  /// All that is stored of jobs. When one that waits is due is told as "now" where it has just
  /// become so.
  std::string everything() {
    std::string text;
    for (const std::string_view table : kTablesOfJobs) {
      const std::string due =
          table == "live"
              ? " || case when one.run_at between clock_timestamp() - interval '1 min'"
                " and clock_timestamp() then '{\"run_at\":\"now\"}' else '{}' end::jsonb"
              : "";
      for (const std::string& row : run(fmt::format(
               "select (to_jsonb(one){1})::text from stint.{0} as one order by 1", table, due))) {
        text += fmt::format("{} {}\n", table, row);
      }
    }
    return text;
  }
  void save() {
    for (const std::string_view table : kTablesOfJobs) {
      run(fmt::format("create temp table saved_{0} as table stint.{0}", table));
    }
  }
  void restore() {
    for (const std::string_view table : kTablesOfJobs) {
      run(fmt::format("delete from stint.{0}; insert into stint.{0} table saved_{0}", table));
    }
  }

  struct Retry {
    std::string state;  ///< what it says where the job stands; empty: there is none
    std::string rows;   ///< what there is then
  };
  Retry by_library(JobId id) {
    const OperationResult result = store().retry_jobs({&id, 1}, RetryOf::kFailures).at(0);
    return {.state = result.state ? std::string{to_string(*result.state)} : std::string{},
            .rows = everything()};
  }
  Retry by_sql(JobId id) {
    return {.state = run(fmt::format("select stint.retry_job({})", id.value)).at(0),
            .rows = everything()};
  }
  /// What the columns are that a retry is about.
  std::string stands(JobId id) {
    return run(fmt::format("select state, epoch, failures, crashes, lone_crashes, attempts,"
                           " interruptions, coalesce(worker, 0), coalesce(cause, 'none'),"
                           " coalesce(error ->> 'message', 'none') from stint.live where id = {}",
                           id.value))
        .at(0);
  }
};

TEST_F(SqlRetry, DoesWhatTheLibraryDoes) {
  const JobId failed = end(JobState::kFailed, "error");
  const JobId aborted = end(JobState::kAborted, "aborted");
  const JobId crashed = end(JobState::kFailed, "crash limit");
  save();
  for (const JobId id : {failed, aborted, crashed}) {
    SCOPED_TRACE(id.value);
    restore();
    const std::string before = everything();
    const Retry library = by_library(id);
    restore();
    ASSERT_EQ(everything(), before);
    const Retry sql = by_sql(id);
    EXPECT_EQ(library.state, "queued");
    EXPECT_EQ(sql.state, library.state);
    EXPECT_NE(library.rows, before);
    EXPECT_EQ(sql.rows, library.rows);
    EXPECT_THAT(sql.rows, HasSubstr(R"("run_at": "now")"));
    EXPECT_EQ(stands(id), id == aborted   ? "1|8|0|0|0|5|2|0|none|none"
                          : id == crashed ? "1|8|0|0|0|5|2|0|crash limit|last"
                                          : "1|8|0|0|0|5|2|0|error|last");
  }
}

TEST_F(SqlRetry, LeavesAloneWhatTheLibraryDoes) {
  const std::vector<JobId> ids{
      end(JobState::kDone, ""),
      stand("state = 3, worker = 3, epoch = 2, started_at = now()"),
      stand("state = 3, worker = 3, abort_at = now(), abort_message = 'm'"),
      stand("state = 2, gate = 1"),
      stand("run_at = '2026-01-01Z', failures = 1, crashes = 2"),
      JobId{999'999}};
  const std::string before = everything();
  std::vector<std::string> states;
  for (const JobId id : ids) {
    SCOPED_TRACE(id.value);
    const Retry library = by_library(id);
    const Retry sql = by_sql(id);
    EXPECT_EQ(library.rows, before);
    EXPECT_EQ(sql.rows, before);
    EXPECT_EQ(sql.state, library.state);
    states.push_back(sql.state);
  }
  EXPECT_THAT(states, ElementsAre("done", "running", "aborting", "blocked", "queued", ""));
}

// This it does beyond a retry of the library's: `job update --run-at now` there.
TEST_F(SqlRetry, HasWhatWaitsForItsTimeDueNow) {
  const JobId id = stand("run_at = now() + interval '1 day', failures = 1, cause = 'error'");
  EXPECT_EQ(by_library(id).state, "scheduled");
  const Retry sql = by_sql(id);
  EXPECT_EQ(sql.state, "queued");
  EXPECT_THAT(sql.rows, AllOf(HasSubstr(R"("run_at": "now")"), Not(HasSubstr("finished"))));
  EXPECT_EQ(stands(id), "1|0|1|0|0|0|0|0|error|none");
}

// A caller's transaction may last: it must not hold up what the worker has to say.
TEST_F(SqlRetry, NeitherHoldsNorWaitsForWhatRuns) {
  const JobId id = stand("state = 3, worker = 3, epoch = 2");
  run("begin");
  EXPECT_EQ(by_sql(id).state, "running");
  const postgres::ConnectionPointer other =
      postgres::connect(postgres::parse_connect_options(url()));
  const auto ask = [&](const std::string& text) {
    const postgres::ResultPointer result{PQexec(other.get(), text.c_str())};
    EXPECT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK) << PQerrorMessage(other.get());
    return PQntuples(result.get()) == 1 ? std::string{PQgetvalue(result.get(), 0, 0)} : "";
  };
  const std::string hold =
      fmt::format("select id from \"{}\".live where id = {} for update nowait", schema(), id.value);
  EXPECT_EQ(ask(hold), std::to_string(id.value));
  run("rollback; begin; select id from stint.live for update");
  EXPECT_EQ(
      ask(fmt::format("set lock_timeout = '5s'; select \"{}\".retry_job({})", schema(), id.value)),
      "running");
  run("rollback");
}

}  // namespace
}  // namespace stint::test
