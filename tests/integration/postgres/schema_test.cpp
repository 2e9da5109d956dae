// The migrated schema, as the catalogue describes it, beside the one that was agreed.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "postgres_test_base.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kGolden = STINT_SOURCE_DIR "/tests/integration/postgres/schema.golden";

class PostgresSchema : public PostgresTest {
 protected:
  // Columns, indexes, constraints, views and functions, one a line.
  std::string describe() {
    std::string text;
    for (const char* statement :
         {"select format('column %s.%s %s%s%s', relname, attname, format_type(atttypid, atttypmod),"
          " case when attnotnull then ' not null' else '' end,"
          " coalesce(' default ' || pg_get_expr(adbin, adrelid), ''))"
          " from pg_attribute join pg_class on pg_class.oid = attrelid"
          " left join pg_attrdef on adrelid = attrelid and adnum = attnum"
          " where relnamespace = 'stint.'::regnamespace and relkind in ('r', 'p')"
          " and not relispartition and attnum > 0 order by relname, attnum",
          "select format('index %s', pg_get_indexdef(indexrelid)) from pg_index"
          " join pg_class on pg_class.oid = indrelid"
          " where relnamespace = 'stint.'::regnamespace and not relispartition order by 1",
          "select format('table %s %s %s', relname, relkind, coalesce(reloptions::text, ''))"
          " from pg_class where relnamespace = 'stint.'::regnamespace"
          " and relkind in ('r', 'p', 'v', 'S') and not relispartition order by 1",
          "select format('function %s security_definer=%s %s', oid::regprocedure, prosecdef,"
          " proconfig) from pg_proc where pronamespace = 'stint.'::regnamespace order by 1"}) {
      std::string quoted = statement;
      for (auto at = quoted.find("'stint.'"); at != std::string::npos;
           at = quoted.find("'stint.'")) {
        quoted.replace(at, 8, fmt::format("'{}'", schema()));
      }
      for (const std::string& line : run(quoted)) text += line + "\n";
    }
    const std::string name = schema() + ".";
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
      text.replace(at, name.size(), "stint.");
    }
    return text;
  }
};

TEST_F(PostgresSchema, IsTheOneThatWasAgreed) {
  const std::string found = describe();
  if (std::getenv("STINT_UPDATE_GOLDEN") != nullptr) std::ofstream{kGolden} << found;
  std::stringstream golden;
  golden << std::ifstream{kGolden}.rdbuf();
  EXPECT_EQ(found, golden.str()) << "run once with STINT_UPDATE_GOLDEN=1 and review the change";
}

TEST_F(PostgresSchema, ComesFromTheScriptAsWell) {
  const std::string name = schema() + "_script";
  auto tables = postgres::postgres_backend().open_schema({.url = url() + "_script"});
  const std::string script = tables->migration_script();
  EXPECT_THAT(script, HasSubstr("create table \"" + name + "\".job"));
  run(script);
  EXPECT_EQ(tables->version(), tables->newest_version());
  EXPECT_EQ(tables->migration_script(), "");
  tables->reset();
  EXPECT_EQ(tables->version(), 0);
}

TEST_F(PostgresSchema, LeavesWhatOthersPutThere) {
  const std::string name = schema() + "_kept";
  auto tables = postgres::postgres_backend().open_schema({.url = url() + "_kept"});
  tables->migrate();
  run(fmt::format("create table {}.mine (id int)", name));
  tables->reset();
  EXPECT_EQ(run(fmt::format("select count(*) from {}.mine", name)).at(0), "0");
  run(fmt::format("drop schema {} cascade", name));
}

}  // namespace
}  // namespace stint::test
