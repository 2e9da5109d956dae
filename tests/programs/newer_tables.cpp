// Bring the tables of a store to versions that no program here knows: newer_tables STORE_URL.
// Stands for `db migrate` of the next release; dies where STINT_TEST_POINTS says.
#include <cstdio>
#include <exception>
#include <vector>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/schema.hpp"
#include "base/test_point.hpp"

namespace {

// Each kind of change that leaves programs of the release before at work.
constexpr stint::SqlFile kColumns{
    "next_columns",
    "-- oldest-program: 5\n"
    "alter table /* SCHEMA */live add column next_number bigint, add column next_text text;\n"
    "create table /* SCHEMA */next_table (id bigint primary key);\n"
    "create function /* SCHEMA */next_function() returns bigint language sql as 'select "
    "1::bigint';\n"
    "create view /* SCHEMA */next_view as select id, next_number from /* SCHEMA */live;\n"};
constexpr stint::SqlFile kIndexes{
    "next_indexes",
    "-- outside-transaction\n"
    "-- oldest-program: 5\n"
    "create index concurrently if not exists next_live on /* SCHEMA */live (task);\n"
    "create index concurrently if not exists next_log on /* SCHEMA */log (at);\n"};
constexpr stint::SqlFile kFinished{
    "next_finished",
    "-- oldest-program: 5\n"
    "alter table /* SCHEMA */finished add column next_default integer not null default 7;\n"
    "alter table /* SCHEMA */worker add column next_flag boolean;\n"};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    stint::arm_test_points_from_environment();
    const auto known = stint::postgres::known_migrations();
    std::vector<stint::SqlFile> migrations{known.begin(), known.end()};
    migrations.insert(migrations.end(), {kColumns, kIndexes, kFinished});
    stint::postgres::PostgresSchema{stint::postgres::parse_connect_options(argv[1]), migrations}
        .migrate();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "newer_tables: %s\n", error.what());
    return 1;
  }
}
