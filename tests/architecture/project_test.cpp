// The rules, held against this project.
#include <array>
#include <string_view>
#include <gtest/gtest.h>
#include "include_rules.hpp"
#include "size_rules.hpp"
#include "source_tree.hpp"
#include "sql_rules.hpp"
#include "text_rules.hpp"

namespace stint::architecture {
namespace {

// Why a statement is in one dialect only.
constexpr std::string_view kRows = "within the process several small statements cost least";
constexpr std::string_view kBatch = "over the net one statement moves a whole batch";
constexpr std::string_view kFile = "a database file has no sequences and no schemas";
constexpr std::string_view kServer =
    "sessions, roles, locks, schemas and partitions are a server's";
constexpr std::array kOneDialect{
    OneDialect{"sqlite", "delete_attachments", kRows},
    OneDialect{"sqlite", "delete_attachments_of_kind", kRows},
    OneDialect{"sqlite", "delete_attempts", kRows},
    OneDialect{"sqlite", "delete_ended", kRows},
    OneDialect{"sqlite", "delete_key", kRows},
    OneDialect{"sqlite", "delete_live", kRows},
    OneDialect{"sqlite", "delete_log", kRows},
    OneDialect{"sqlite", "find_live", kRows},
    OneDialect{"sqlite", "find_worker", kRows},
    OneDialect{"sqlite", "finish_job", kRows},
    OneDialect{"sqlite", "insert_attempt", kRows},
    OneDialect{"sqlite", "hold_jobs", kRows},
    OneDialect{"sqlite", "insert_jobs", kRows},
    OneDialect{"sqlite", "integrity_check", kFile},
    OneDialect{"sqlite", "journal_mode", kFile},
    OneDialect{"sqlite", "list_finished_jobs", kRows},
    OneDialect{"sqlite", "next_lane", kRows},
    OneDialect{"sqlite", "note_force_release", kRows},
    OneDialect{"sqlite", "read_sequence", kFile},
    OneDialect{"sqlite", "requeue_job", kRows},
    OneDialect{"sqlite", "table_names", kFile},
    OneDialect{"sqlite", "update_asked", kRows},
    OneDialect{"sqlite", "worker_jobs", kRows},
    OneDialect{"sqlite", "write_sequence", kFile},
    OneDialect{"postgres", "abort_waiting", kBatch},
    OneDialect{"postgres", "attempt_is_open", kServer},
    OneDialect{"postgres", "avoid_scans", kServer},
    OneDialect{"postgres", "begin_attempt", kServer},
    OneDialect{"postgres", "claim_from_marks", kServer},
    OneDialect{"postgres", "claimed_details", kServer},
    OneDialect{"postgres", "commit_attempt", kServer},
    OneDialect{"postgres", "commit_quickly", kServer},
    OneDialect{"postgres", "complete_attempt", kServer},
    OneDialect{"postgres", "complete_other", kBatch},
    OneDialect{"postgres", "create_schema", kServer},
    OneDialect{"postgres", "drop_partitions", kServer},
    OneDialect{"postgres", "drop_tables", kServer},
    OneDialect{"postgres", "end_session", kServer},
    OneDialect{"postgres", "enqueue_mixed", kBatch},
    OneDialect{"postgres", "enqueue_one", kServer},
    OneDialect{"postgres", "find_accepted", kServer},
    OneDialect{"postgres", "find_done", kServer},
    OneDialect{"postgres", "find_job", kBatch},
    OneDialect{"postgres", "find_lock_holder", kServer},
    OneDialect{"postgres", "free_jobs", kBatch},
    OneDialect{"postgres", "grant_enqueue", kServer},
    OneDialect{"postgres", "grant_owner", kServer},
    OneDialect{"postgres", "grant_read", kServer},
    OneDialect{"postgres", "grant_worker", kServer},
    OneDialect{"postgres", "hidden_sessions", kServer},
    OneDialect{"postgres", "insert_output_attachments", kBatch},
    OneDialect{"postgres", "list_ended_jobs", kBatch},
    OneDialect{"postgres", "list_failed_jobs", kBatch},
    OneDialect{"postgres", "list_invalid_indexes", kServer},
    OneDialect{"postgres", "list_jobs", kBatch},
    OneDialect{"postgres", "listen", kServer},
    OneDialect{"postgres", "lock_ended", kServer},
    OneDialect{"postgres", "lock_held", kServer},
    OneDialect{"postgres", "lock_job", kServer},
    OneDialect{"postgres", "lock_jobs", kServer},
    OneDialect{"postgres", "lock_migrations", kServer},
    OneDialect{"postgres", "lock_migrations_for_session", kServer},
    OneDialect{"postgres", "lock_waiting", kServer},
    OneDialect{"postgres", "make_partition", kServer},
    OneDialect{"postgres", "make_partitions", kServer},
    OneDialect{"postgres", "mark_attempt", kServer},
    OneDialect{"postgres", "note_oldest_program", kServer},
    OneDialect{"postgres", "notify", kServer},
    OneDialect{"postgres", "oldest_program", kServer},
    OneDialect{"postgres", "oldest_transactions", kServer},
    OneDialect{"postgres", "partitions_ahead", kServer},
    OneDialect{"postgres", "prefer_indexes", kServer},
    OneDialect{"postgres", "prefer_order", kServer},
    OneDialect{"postgres", "prepared_transactions", kServer},
    OneDialect{"postgres", "request_limits", kServer},
    OneDialect{"postgres", "reserve_ids", kServer},
    OneDialect{"postgres", "reserve_more_ids", kServer},
    OneDialect{"postgres", "reserve_worker_id", kServer},
    OneDialect{"postgres", "reset_session", kServer},
    OneDialect{"postgres", "revoke_claim", kServer},
    OneDialect{"postgres", "rollback_attempt", kServer},
    OneDialect{"postgres", "server_clock", kServer},
    OneDialect{"postgres", "server_settings", kServer},
    OneDialect{"postgres", "serving_process", kServer},
    OneDialect{"postgres", "session_works", kServer},
    OneDialect{"postgres", "slots_holding", kServer},
    OneDialect{"postgres", "sql_enqueue", kServer},
    OneDialect{"postgres", "table_health", kServer},
};

// Where a short sleep is what the code is for.
constexpr std::array<std::string_view, 2> kMaySleep = {"tests/support/eventually.hpp",
                                                       "tests/programs/stuck_tasks.cpp"};

class Project : public ::testing::Test {
 protected:
  static const Tree& tree() {
    static const Tree kTree = read_tree(STINT_SOURCE_DIR);
    return kTree;
  }
};

TEST_F(Project, IsRead) {
  std::size_t sources = 0;
  for (const SourceFile& file : tree()) sources += file.is_cpp() ? 1U : 0U;
  EXPECT_GT(sources, 10U) << "the rules saw next to nothing in " << STINT_SOURCE_DIR;
}

TEST_F(Project, IncludesOneWay) { EXPECT_EQ(describe(check_include_direction(tree())), ""); }
TEST_F(Project, KeepsDriversOutOfPublicHeaders) {
  EXPECT_EQ(describe(check_public_headers(tree())), "");
}
TEST_F(Project, HasExamplesThatUsersCouldWrite) { EXPECT_EQ(describe(check_examples(tree())), ""); }
TEST_F(Project, HasFilesOfReadableSize) { EXPECT_EQ(describe(check_file_sizes(tree())), ""); }
TEST_F(Project, HasFunctionsOfReadableSize) {
  EXPECT_EQ(describe(check_function_sizes(tree())), "");
}
TEST_F(Project, HasNoSqlInCode) { EXPECT_EQ(describe(check_no_sql_in_code(tree())), ""); }
TEST_F(Project, ExplainsEachStatement) { EXPECT_EQ(describe(check_sql_comments(tree())), ""); }
TEST_F(Project, HasTheSameStatementsInBothDialects) {
  EXPECT_EQ(describe(check_dialects(tree(), kOneDialect)), "");
}
TEST_F(Project, HoldsNoForbiddenWords) { EXPECT_EQ(describe(check_words(tree())), ""); }
TEST_F(Project, WaitsForConditions) { EXPECT_EQ(describe(check_sleeps(tree(), kMaySleep)), ""); }
TEST_F(Project, ShowsCodeThatIsThere) { EXPECT_EQ(describe(check_snippets(tree())), ""); }
TEST_F(Project, LinksToWhatIsThere) { EXPECT_EQ(describe(check_links(tree())), ""); }

}  // namespace
}  // namespace stint::architecture
