// The examples of docs/one-instance.md that speak to PostgreSQL.
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>
#include <libpq-fe.h>
#include "backends/postgres/lock.hpp"
#include "postgres_test_base.hpp"
#include "support/role_options.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kName = "nightly/billing.close";

std::string text_of(const std::string& path) {
  std::ifstream file{std::string{STINT_SOURCE_DIR} + "/" + path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The example that has this in it.
std::string example_with(const std::string& language, const std::string& words) {
  const std::string page = text_of("docs/one-instance.md");
  const std::string begin = "```" + language + "\n";
  for (auto at = page.find(begin); at != std::string::npos; at = page.find(begin, at)) {
    at += begin.size();
    const std::string example = page.substr(at, page.find("```", at) - at);
    if (example.find(words) != std::string::npos) return example;
  }
  return {};
}

std::string test_schema;  // where the reader's is called `stint`

void run(PGconn* sql, std::string text, const std::vector<std::string>& values) {
  if (const auto at = text.find("stint."); at != std::string::npos) {
    text.replace(at, 5, test_schema);
  }
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  const postgres::ResultPointer result{PQexecParams(sql, text.c_str(),
                                                    static_cast<int>(values.size()), nullptr,
                                                    pointers.data(), nullptr, nullptr, 0)};
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return;
  throw std::runtime_error{PQresultErrorField(result.get(), PG_DIAG_SQLSTATE)};
}

void book(PGconn* sql, std::int64_t token, const std::string& cents) {
  run(sql, "begin", {});
  run(sql, "select stint.fence_assert('nightly/billing.close', $1)", {std::to_string(token)});
  run(sql, "insert into ledger (cents) values ($1)", {cents});
  run(sql, "commit", {});
}

class OneInstancePage : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    test_schema = schema();
    lock_ = postgres::make_postgres_lock(role_options("one_instance.postgresql", url(), kName));
    won_ = lock_->acquire(request_);
    session_ = postgres::connect(postgres::parse_connect_options(url()));
    for (const std::string& text :
         {"set search_path = " + schema(), std::string{"create temp table "
                                                       "ledger (cents bigint)"}}) {
      test::run(session_.get(), text, {});
    }
  }
  void TearDown() override {
    session_.reset();
    lock_.reset();
    PostgresTest::TearDown();
  }
  std::string booked() const {
    const postgres::ResultPointer sum{PQexec(session_.get(), "select sum(cents) from ledger")};
    return PQgetvalue(sum.get(), 0, 0);
  }

  std::unique_ptr<LockBackend> lock_;
  const LockRequest request_ = role_request();
  LockAttempt won_;
  postgres::ConnectionPointer session_;
};

TEST_F(OneInstancePage, FencesByCode) {
  const std::string example = example_with("cpp", "fence_assert");
  ASSERT_THAT(example, HasSubstr("book("));
  EXPECT_THAT(text_of("tests/integration/postgres/one_instance_page_test.cpp"), HasSubstr(example));
  book(session_.get(), won_.token, "42");
  EXPECT_EQ(booked(), "42");
  EXPECT_TRUE(lock_->release(role_hold(request_, won_)));
  try {
    book(session_.get(), won_.token, "42");
    ADD_FAILURE() << "the lock was given back";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "OI001");
  }
  test::run(session_.get(), "rollback", {});
  EXPECT_EQ(booked(), "42");
}

TEST_F(OneInstancePage, FencesBySql) {
  std::string example = example_with("sql", "fence_assert");
  const auto at = example.find("stint.");
  ASSERT_NE(at, std::string::npos);
  example.replace(at, 5, schema());
  const auto book_by_sql = [&] {
    const postgres::ResultPointer result{PQexec(session_.get(), example.c_str())};
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    return std::string{state == nullptr ? "" : state};
  };
  EXPECT_EQ(book_by_sql(), "OI001") << "the token of the page is somebody else's";
  test::run(session_.get(), "rollback", {});
  PostgresTest::run("update stint.one_instance_lock set token = 1760000000000000");
  EXPECT_EQ(book_by_sql(), "");
  EXPECT_EQ(booked(), "4200");
}

}  // namespace
}  // namespace stint::test
