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

using PostgresSchema = PostgresTest;

TEST_F(PostgresSchema, IsTheOneThatWasAgreed) {
  const std::string found = describe_schema();
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
  EXPECT_EQ(run(fmt::format("select count(*) from pg_namespace where nspname = '{}'", name)).at(0),
            "0")
      << "something of ours was left in it";
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
