// The plans of the statements that must not scan or sort, also after ANALYZE.
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/sqlite/backend.hpp"
#include "backends/sqlite/store.hpp"
#include "stint_generated/sqlite_sql.hpp"
#include "support/temporary_folder.hpp"

namespace stint::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A connection with all that statements use, and a table of each size and shape.
class Plans : public ::testing::Test {
 protected:
  Plans() {
    const std::string url = "sqlite:" + (folder_.path() / "jobs.db").string();
    store_ = sqlite_backend().open({.url = url});
    connection_ = std::make_unique<Connection>((folder_.path() / "jobs.db").string());
    ids_ = std::make_unique<GivenTable>(*connection_, "given_ids", "id");
    enqueuer_ = std::make_unique<Enqueuer>(*connection_);
    claimer_ = std::make_unique<Claimer>(*connection_, *ids_);
    completer_ = std::make_unique<Completer>(*connection_, *ids_);
  }

  // Thousands of jobs in many lanes, most of them scheduled, some running, many finished.
  void fill() {
    std::vector<NewJob> jobs;
    jobs.reserve(4000);
    for (int i = 0; i < 4000; ++i) {
      jobs.push_back({.task = "t.run",
                      .domain = i % 3 == 0 ? "mail" : "default",
                      .priority = i % 7,
                      .delay = std::chrono::hours{i % 5}});
    }
    store_->enqueue(jobs);
    const WorkerId worker = store_->register_worker({.node = "n", .host = "h"});
    const ClaimRequest claim{.worker = worker, .node = "n", .tasks = {"t.run"}, .limit = 150};
    std::vector<Completion> completions;
    for (int i = 0; i < 3; ++i) {
      const Exchange result = store_->exchange(completions, &claim);
      completions.clear();
      for (const ClaimedJob& job : result.claimed) {
        completions.push_back({.id = job.id, .epoch = job.epoch});
      }
    }
  }

  // Each way SQLite may come to know the tables: nothing, statistics of empty ones, of full ones.
  void for_each_statistics(const std::function<void(const char*)>& check) {
    check("no statistics");
    connection_->execute("analyze", "analyze");
    check("statistics of empty tables");
    fill();
    check("stale statistics");
    connection_->execute("analyze", "analyze");
    check("full statistics");
  }

  std::string plan_of(const SqlFile& statement) {
    const std::string text = fmt::format("explain query plan {}", statement.text);
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(connection_->handle(), text.c_str(), -1, &prepared, nullptr) !=
        SQLITE_OK) {
      throw make_error(connection_->handle(), SQLITE_ERROR, statement.name);
    }
    std::string plan;
    while (sqlite3_step(prepared) == SQLITE_ROW) {
      plan += fmt::format("{}\n", reinterpret_cast<const char*>(sqlite3_column_text(prepared, 3)));
    }
    sqlite3_finalize(prepared);
    return plan;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<GivenTable> ids_;
  std::unique_ptr<Enqueuer> enqueuer_;
  std::unique_ptr<Claimer> claimer_;
  std::unique_ptr<Completer> completer_;
};

// What a statement may scan is what the program hands over, and the one row of its own values.
std::string without_given_rows(const std::string& plan) {
  std::string kept;
  for (std::size_t from = 0; from < plan.size();) {
    const std::size_t end = plan.find('\n', from);
    const std::string line = plan.substr(from, end - from);
    if (line.find("SCAN given_") == std::string::npos && line != "SCAN CONSTANT ROW" &&
        line.find("LIST SUBQUERY") == std::string::npos) {
      kept += line + '\n';
    }
    from = end + 1;
  }
  return kept;
}

TEST_F(Plans, OfHotStatementsNeitherScanNorSort) {
  for_each_statistics([this](const char* statistics) {
    for (const SqlFile* statement : {&sql::next_lane,        &sql::claim,
                                     &sql::hold_jobs,        &sql::complete_done,
                                     &sql::delete_ended,     &sql::finish_job,
                                     &sql::requeue_job,      &sql::delete_live,
                                     &sql::find_live,        &sql::report,
                                     &sql::job_requests,     &sql::mark_abort,
                                     &sql::job_states,       &sql::beat_worker,
                                     &sql::find_worker,      &sql::worker_jobs,
                                     &sql::find_keys,        &sql::append_log,
                                     &sql::read_log,         &sql::list_attempts,
                                     &sql::list_attachments, &sql::purgeable_finished,
                                     &sql::delete_attempts,  &sql::delete_attachments,
                                     &sql::delete_log,       &sql::delete_key}) {
      EXPECT_THAT(without_given_rows(plan_of(*statement)),
                  AllOf(Not(HasSubstr("SCAN")), Not(HasSubstr("TEMP B-TREE"))))
          << statement->name << " with " << statistics;
    }
  });
}

TEST_F(Plans, OfTheClaimFollowTheLane) {
  for_each_statistics([this](const char* statistics) {
    EXPECT_THAT(plan_of(sql::claim),
                HasSubstr("live USING INDEX live_lane (domain=? AND priority=? AND run_at<?)"))
        << statistics;
    EXPECT_THAT(plan_of(sql::next_lane),
                HasSubstr("live USING INDEX live_lane (domain=? AND priority<?)"))
        << statistics;
  });
}

TEST_F(Plans, OfListsGoByIdAndNeverSort) {
  for_each_statistics([this](const char* statistics) {
    for (const SqlFile* statement : {&sql::list_live_jobs, &sql::list_finished_jobs}) {
      EXPECT_THAT(plan_of(*statement), Not(HasSubstr("TEMP B-TREE")))
          << statement->name << " with " << statistics;
    }
  });
}

TEST_F(Plans, AreThereForEveryStatement) {
  // Each file is one statement that SQLite takes.
  for (const SqlFile* statement : sql::kQueries) {
    EXPECT_NO_THROW(plan_of(*statement)) << statement->name;
  }
}

}  // namespace
}  // namespace stint::sqlite
