#include "sql_rules.hpp"
#include <string>
#include <vector>
#include <gtest/gtest.h>

namespace stint::architecture {
namespace {

std::string check_code(const std::string& text, const std::string& path = "src/base/x.cpp") {
  return describe(check_no_sql_in_code({{.path = path, .text = text}}));
}

TEST(SqlInCode, IsFoundInEveryDisguise) {
  for (const char* code :
       {"f(\"select 1\");", "f(\"SELECT 1\");", "f(\"  insert into job values (1)\");",
        "f(\"insert or ignore into job\");", "f(\"update live set state = 1\");",
        "f(\"update \" + table);", "f(\"delete from live\");", "f(\"del\"\n  \"ete from live\");",
        "f(R\"(\n  with due as (select 1) update x set y)\");", "f(\"\\nselect 1\");",
        "f(\"explain SELECT 1\");", "f(\"with recursive lane(p) as (values (1))\");"}) {
    EXPECT_NE(check_code(code), "") << code;
  }
  EXPECT_EQ(check_code("\nf(\"select 1\");"),
            "src/base/x.cpp:2: SQL in code: give the statement a file below "
            "src/backends/*/queries\n");
}

TEST(SqlInCode, LeavesProseAndNamesAlone) {
  for (const char* code :
       {"f(\"update\");", "f(\"delete\");", "f(\"selected 3 jobs\");", "// select 1",
        "f(\"update the server, then call again\");", "f(\"delete finished jobs\");",
        "f(\"begin immediate\");", "select();", "f(\"inserted\");", "f(\"with a store\");"}) {
    EXPECT_EQ(check_code(code), "") << code;
  }
}

TEST(SqlInCode, IsAllowedInTestsOnly) {
  EXPECT_EQ(check_code("f(\"select 1\");", "src/backends/sqlite/x_test.cpp"), "");
  EXPECT_EQ(check_code("f(\"select 1\");", "tests/contract/x.cpp"), "");
  EXPECT_NE(check_code("f(\"select 1\");", "src/backends/sqlite/x.hpp"), "");
}

TEST(SqlFiles, BeginWithWhatTheyDo) {
  const auto check = [](const std::string& text) {
    return describe(
        check_sql_comments({{.path = "src/backends/sqlite/queries/x.sql", .text = text}}));
  };
  EXPECT_EQ(check("-- Find a job. $1: id.\nselect 1\n"), "");
  EXPECT_NE(check("select 1 -- Find a job.\n"), "");
}

TEST(Dialects, HaveTheSameStatements) {
  const SourceFile sqlite{.path = "src/backends/sqlite/queries/claim.sql", .text = "-- a\n"};
  const SourceFile postgres{.path = "src/backends/postgres/queries/claim.sql", .text = "-- a\n"};
  const SourceFile notify{.path = "src/backends/postgres/queries/notify.sql", .text = "-- a\n"};
  const std::vector<OneDialect> listed{
      {.backend = "postgres", .stem = "notify", .reason = "SQLite cannot"}};

  EXPECT_EQ(describe(check_dialects({postgres, sqlite}, {})), "");
  EXPECT_EQ(describe(check_dialects({sqlite}, {})),
            "src/backends/sqlite/queries/claim.sql:1: postgres has no such statement\n");
  EXPECT_EQ(describe(check_dialects({postgres, notify, sqlite}, {})),
            "src/backends/postgres/queries/notify.sql:1: sqlite has no such statement\n");
  EXPECT_EQ(describe(check_dialects({postgres, notify, sqlite}, listed)), "");
  EXPECT_NE(describe(check_dialects({postgres, sqlite}, listed)), "") << "the list is out of date";
}

}  // namespace
}  // namespace stint::architecture
