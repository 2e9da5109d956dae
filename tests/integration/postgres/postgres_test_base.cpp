#include "postgres_test_base.hpp"
#include <stdexcept>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"

namespace stint::test {

void PostgresTest::SetUp() {
  std::string missing;
  place_ = make_store_place("postgres", missing);
  if (!place_) {
    ASSERT_FALSE(is_required("postgres")) << missing;
    GTEST_SKIP() << missing;
  }
  place_->open_schema()->migrate();
  session_ = postgres::connect(postgres::parse_connect_options(url()));
}

void PostgresTest::TearDown() {
  store_.reset();
  session_.reset();
  place_.reset();
}

std::string PostgresTest::url_with(std::string_view parameters) const {
  return url() + "&" + std::string{parameters};
}

std::unique_ptr<Store> PostgresTest::open(const std::string& url) const {
  return postgres::postgres_backend().open({.url = url});
}

Store& PostgresTest::store() {
  if (!store_) store_ = open(url());
  return *store_;
}

std::vector<std::string> PostgresTest::run(std::string text) {
  const std::string name = schema() + ".";
  for (auto at = text.find("stint."); at != std::string::npos;
       at = text.find("stint.", at + name.size())) {
    text.replace(at, 6, name);
  }
  const postgres::ResultPointer result{PQexec(session_.get(), text.c_str())};
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error{PQerrorMessage(session_.get())};
  }
  std::vector<std::string> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::string line;
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (column > 0) line += '|';
      line += PQgetvalue(result.get(), row, column);
    }
    rows.push_back(line);
  }
  return rows;
}

std::string PostgresTest::describe_schema() {
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
    for (auto at = quoted.find("'stint.'"); at != std::string::npos; at = quoted.find("'stint.'")) {
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

WorkerId PostgresTest::new_worker(Store& store) {
  return store.register_worker({.node = "n1", .host = "h", .pid = 1, .domains = "default"});
}

ClaimRequest PostgresTest::claim_of(WorkerId worker, int limit) {
  return {.worker = worker, .node = "n1", .tasks = {"t.run"}, .domain = "default", .limit = limit};
}

std::vector<JobId> PostgresTest::put(int count, const NewJob& job) {
  std::vector<JobId> ids;
  for (const Enqueued& one :
       store().enqueue(std::vector<NewJob>(static_cast<std::size_t>(count), job))) {
    ids.push_back(one.id);
  }
  return ids;
}

}  // namespace stint::test
