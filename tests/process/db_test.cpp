// `db init|migrate|status|reset|vacuum` on SQLite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

class Db : public ::testing::Test {
 protected:
  std::size_t job_count() const {
    return lines_of(program.output({"job", "list", "--json"})).size();
  }
  Program program{"test_tasks"};
};

TEST_F(Db, InitMakesTheTablesOnce) {
  const json made = json::parse(program.output({"db", "init", "--json"}));
  EXPECT_GT(made["schema_version"].get<int>(), 0);
  EXPECT_FALSE(made["applied"].empty());
  const json again = json::parse(program.output({"db", "init", "--json"}));
  EXPECT_EQ(again["schema_version"], made["schema_version"]);
  EXPECT_TRUE(again["applied"].empty());
  EXPECT_THAT(program.output({"db", "migrate"}), HasSubstr("as before"));
}

TEST_F(Db, MigratePrintsWithoutChanging) {
  EXPECT_THAT(program.output({"db", "migrate", "--print"}), HasSubstr("create table"));
  EXPECT_EQ(program.run({"db", "migrate"}).exit_code, 78);
}

TEST_F(Db, StatusCountsJobs) {
  program.output({"enqueue", "t.mail"});
  program.output({"enqueue", "t.mail", "--at", "2100-01-01"});
  const json status = json::parse(program.output({"db", "status", "--json"}));
  EXPECT_EQ(status["backend"], "sqlite");
  EXPECT_EQ(status["schema_version"], status["newest_schema_version"]);
  EXPECT_NE(status["oldest_due"], nullptr);
  EXPECT_EQ(status["jobs"].size(), 2U);
  EXPECT_THAT(program.output({"db", "status"}), HasSubstr("scheduled"));
}

TEST_F(Db, VacuumRemovesWhatIsFinished) {
  program.output({"enqueue", "t.double", "a=1"});
  program.output({"enqueue", "t.mail"});
  program.output({"worker", "run", "--drain"});
  EXPECT_EQ(program.output({"db", "vacuum", "--jobs"}), "removed 0 jobs");  // younger than a day
  EXPECT_EQ(program.output({"db", "vacuum", "--jobs", "--older-than", "0"}), "removed 1 jobs");
  EXPECT_EQ(job_count(), 1U);
  EXPECT_EQ(program.output({"db", "vacuum", "--jobs", "--queued", "--domain", "mail",
                            "--older-than", "0", "--json"}),
            R"({"jobs":1,"workers":0})");
  EXPECT_EQ(program.output({"db", "vacuum", "--workers", "--older-than", "0"}),
            "removed 1 workers");
}

TEST_F(Db, ResetDropsEverythingIfItIsMeant) {
  program.output({"enqueue", "t.mail"});
  const ProcessResult refused = program.run({"db", "reset"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_EQ(job_count(), 1U);
  program.output({"db", "reset", "--yes"});
  EXPECT_EQ(job_count(), 0U);
}

TEST_F(Db, CommandsRefuseWrongOptions) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"db", "vacuum"}, "--jobs"},
      {{"db", "vacuum", "--workers", "--queued"}, "--jobs"},
      {{"db", "vacuum", "--jobs", "--older-than", "old"}, "--older-than"},
      {{"db", "init", "here"}, "one value too many"},
      {{"db", "migrate", "--prnt"}, "did you mean \"--print\"?"},
      {{"db", "status", "--all"}, "unknown option --all"},
      {{"db", "resett"}, "did you mean \"reset\"?"},
  };
  for (const auto& [words, message] : cases) {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(words) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

}  // namespace
}  // namespace stint::test
