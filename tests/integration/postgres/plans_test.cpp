// The hot statements stay on their indexes, whatever the server believes about the tables.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <fmt/format.h>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/statements.hpp"
#include "postgres_test_base.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PostgresPlans : public PostgresTest {
 protected:
  // The plan that serves every value: what a prepared statement ends up with.
  std::string generic_plan(const SqlFile& file) {
    run("set plan_cache_mode = force_generic_plan");
    run(fmt::format("prepare hot as {}", postgres::text_to_send(file, schema())));
    std::string nulls;
    for (int i = 0; i < parameters_of(file); ++i) nulls += i == 0 ? "(null" : ", null";
    if (!nulls.empty()) nulls += ')';
    std::string plan;
    for (const std::string& line : run(fmt::format("explain execute hot{}", nulls))) {
      plan += line + "\n";
    }
    run("deallocate hot");
    return plan;
  }

  static int parameters_of(const SqlFile& file) {
    int most = 0;
    for (std::size_t i = 0; i + 1 < file.text.size(); ++i) {
      if (file.text[i] == '$' && std::isdigit(static_cast<unsigned char>(file.text[i + 1])) != 0) {
        most = std::max(most, std::stoi(std::string{file.text.substr(i + 1, 2)}));
      }
    }
    return most;
  }

  // The same after what the code sends before it in its transaction.
  std::string generic_plan(const SqlFile& file, const SqlFile* before) {
    run("begin");
    if (before != nullptr) run(postgres::text_to_send(*before, schema()));
    std::string plan = generic_plan(file);
    run("rollback");
    return plan;
  }

  // Two partitions, both in use; more workers than a page holds.
  void fill() {
    run("insert into stint.worker (id, beat_at, started_at, pid, slots, state, node, host, boot_id,"
        " domains, version) select i, now(), now(), 1, 1, 1, '', '', '', '', ''"
        " from generate_series(1, 5000) i");
    run("insert into stint.job (id, created_at, run_at, timeout_ms, priority, max_attempts, flags,"
        " has_attachments, domain, task, args) select i + i % 2 * 1000000, now(), now(), 0, i % 3,"
        " 1, 0, false, 'default', 't.run', '{}' from generate_series(1, 40000) i");
    run("insert into stint.live (id, run_at, priority, state, flags, max_attempts, domain, task,"
        " worker) select i + i % 2 * 1000000, now(), i % 3, case when i % 50 = 0 then 3 else 1 end,"
        " 0, 1, 'default', 't.run', case when i % 50 = 0 then i / 1000 + 1 end"
        " from generate_series(1, 20000) i");
    run("insert into stint.finished (id, epoch, run_at, finished_at, attempts, interruptions,"
        " crashes, failures, state, domain) select i + i % 2 * 1000000, 1, now(), now(), 1, 0, 0,"
        " 0, case when i = 20002 then 5 else 4 end, 'default' from generate_series(20001, 40000) "
        "i");
    run("insert into stint.attempt (job, epoch, ended_at, attempt, cause)"
        " select i, 1, now(), 1, 'error' from generate_series(1, 5000) i");
    run("insert into stint.log (job, number, at, attempt, level, line)"
        " select i, 1, now(), 1, 1, 'line' from generate_series(1, 5000) i");
    run("insert into stint.attachment (job, position, kind, data)"
        " select i, 0, 1, 'bytes' from generate_series(1, 5000) i");
    run("insert into stint.idempotency (job, created_at, key)"
        " select i, now(), i::text from generate_series(1, 5000) i");
    run("select setval('stint.job_id', 1100000)");
  }

  void make_partitions() { run("select stint.make_partition(i) from generate_series(0, 1) i"); }

  void analyze() {
    for (const char* table :
         {"live", "job", "finished", "worker", "attempt", "log", "attachment", "idempotency"}) {
      run(fmt::format("analyze stint.{}", table));
    }
  }

  void check_hot_statements(const char* statistics) {
    // What each unit of work costs a constant number of.
    static constexpr std::array<const SqlFile*, 20> kHot{
        &postgres::sql::claim_from_marks, &postgres::sql::claim,
        &postgres::sql::complete_done,    &postgres::sql::complete_other,
        &postgres::sql::report,           &postgres::sql::job_requests,
        &postgres::sql::enqueue,          &postgres::sql::enqueue_mixed,
        &postgres::sql::beat_worker,      &postgres::sql::job_states,
        &postgres::sql::find_job,         &postgres::sql::free_jobs,
        &postgres::sql::lock_job,         &postgres::sql::find_accepted,
        &postgres::sql::append_log,       &postgres::sql::acquire_lock,
        &postgres::sql::renew_lock,       &postgres::sql::release_lock,
        &postgres::sql::read_lock,        &postgres::sql::write_liveness};
    for (const SqlFile* file : kHot) {
      const std::string plan = generic_plan(*file);
      EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << file->name << ", " << statistics;
      EXPECT_THAT(plan, Not(HasSubstr("Sort"))) << file->name << ", " << statistics;
    }
    // The moment is a bound of the scan, not a filter behind it.
    EXPECT_THAT(generic_plan(postgres::sql::claim),
                ContainsRegex("Index Scan using live_lane.*\n.*Index Cond: .*run_at <= "
                              "COALESCE.*statement_timestamp"))
        << statistics;
  }

  void check_asked_statements(const char* statistics) {
    // What people ask for: a constant number of steps a job that they name, or up to a limit.
    struct Asked {
      const SqlFile* file;
      const SqlFile* before = nullptr;
    };
    static constexpr const SqlFile* kOrder = &postgres::sql::prefer_order;
    static constexpr std::array<Asked, 22> kAsked{
        {{&postgres::sql::lock_jobs, kOrder},
         {&postgres::sql::lock_ended, kOrder},
         {&postgres::sql::lock_waiting, kOrder},
         {&postgres::sql::update_jobs, kOrder},
         {&postgres::sql::delete_waiting, kOrder},
         {&postgres::sql::delete_finished, kOrder},
         {&postgres::sql::delete_jobs, kOrder},
         {&postgres::sql::job_states, kOrder},
         {&postgres::sql::abort_waiting},
         {&postgres::sql::mark_abort},
         {&postgres::sql::ask_stacks},
         {&postgres::sql::list_attempts},
         {&postgres::sql::list_attachments},
         {&postgres::sql::count_log_lines},
         {&postgres::sql::read_log},
         {&postgres::sql::split_tags},
         {&postgres::sql::list_workers},
         {&postgres::sql::find_place, kOrder},
         {&postgres::sql::waiting_jobs, kOrder},
         {&postgres::sql::ended_lately, &postgres::sql::avoid_scans},
         {&postgres::sql::partitions_ahead},
         {&postgres::sql::count_enqueued}}};
    for (const Asked& asked : kAsked) {
      // Workers, who are kept few, may be read from end to end.
      EXPECT_THAT(generic_plan(*asked.file, asked.before),
                  Not(ContainsRegex("Seq Scan on (live|job|finished|attempt|attachment|log|idem)")))
          << asked.file->name << ", " << statistics;
    }
    // Jobs that are due later are passed by, lane by lane.
    EXPECT_THAT(generic_plan(postgres::sql::waiting_jobs, kOrder),
                ContainsRegex("Index Cond: .*domain = .*priority = .*run_at <= "))
        << statistics;
    // The newest id comes from the end of an index.
    EXPECT_THAT(generic_plan(postgres::sql::partitions_ahead),
                ContainsRegex("Limit.*\n.*Append.*\n.*Index (Only )?Scan Backward"))
        << statistics;
  }

  std::vector<std::string> tables_read_from_end_to_end() {
    return run(
        fmt::format("select relname from pg_stat_xact_user_tables where schemaname = '{}'"
                    " and seq_scan > 0 and relname not in ('worker', 'task') order by 1",
                    schema()));
  }

  // Their statements are planned out of sight; what they have read is counted.
  void check_functions(const char* statistics) {
    for (const char* call :
         {"retry_job(20002)", "retry_job(2)", "abort_job(4)", "abort_job(50)", "job_state(20004)",
          "explain_job(6)", "explain_job(20004)",
          "enqueue('t.new', '{}', '{\"unregistered\": true, \"idempotency_key\": \"new\"}')",
          "queue_again(null, '{20006,1020009}', 20006, 1020009, '{4}')"}) {
      run("begin");
      run(fmt::format("select stint.{}", call));
      EXPECT_THAT(tables_read_from_end_to_end(), IsEmpty()) << call << ", " << statistics;
      run("rollback");
    }
  }

  void check_all(const char* statistics) {
    check_hot_statements(statistics);
    check_asked_statements(statistics);
    check_functions(statistics);
  }
};

// What a session plans once for all may be planned while the tables are empty, and known to be so.
TEST_F(PostgresPlans, UseIndexesWhenPlannedOnEmptyTables) {
  make_partitions();
  analyze();
  run("begin");
  run(postgres::text_to_send(postgres::sql::prefer_indexes, schema()));
  for (const SqlFile* file : postgres::kPlannedOnce) {
    const std::string plan = generic_plan(*file);
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << file->name;
    EXPECT_THAT(plan, Not(HasSubstr("Sort"))) << file->name;
  }
  run("rollback");
}

// Lists stop as soon as they have enough, so they may neither sort nor hash what they walk;
// whatever their filters are, the walk has a limit of its own.
TEST_F(PostgresPlans, ListInTheOrderOfAnIndex) {
  make_partitions();
  for (const bool is_full : {false, true}) {
    if (is_full) fill();
    analyze();
    run("begin");
    run(postgres::text_to_send(postgres::sql::prefer_order, schema()));
    for (const SqlFile* file : {&postgres::sql::list_jobs, &postgres::sql::list_live_jobs,
                                &postgres::sql::list_ended_jobs, &postgres::sql::list_failed_jobs,
                                &postgres::sql::list_end}) {
      const std::string plan = generic_plan(*file);
      EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << file->name;
      EXPECT_THAT(plan, Not(HasSubstr("Sort"))) << file->name;
      EXPECT_THAT(plan, Not(HasSubstr("Hash"))) << file->name;
      EXPECT_THAT(plan, ContainsRegex("Limit.*\n(.*\n)*.*Limit")) << file->name;
    }
    run("rollback");
  }
}

TEST_F(PostgresPlans, UseIndexesWithoutStatistics) {
  make_partitions();
  fill();
  check_all("no statistics");
}

TEST_F(PostgresPlans, UseIndexesWithStaleStatistics) {
  make_partitions();
  analyze();
  fill();
  check_all("statistics of empty tables");
}

TEST_F(PostgresPlans, UseIndexesWithFullStatistics) {
  make_partitions();
  fill();
  analyze();
  check_all("statistics of full tables");
  run("begin; select count(*) from stint.live where error is not null");
  EXPECT_THAT(tables_read_from_end_to_end(), ElementsAre("live")) << "it would be seen";
  run("rollback");
}

}  // namespace
}  // namespace stint::test
