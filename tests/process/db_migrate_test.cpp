// `db migrate` beside others who use the tables of a server.
#include <memory>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/schema.hpp"
#include "stint/json.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

class DbMigrate : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place("postgres", missing);
    if (!place_) {
      if (is_required("postgres")) FAIL() << missing;
      GTEST_SKIP() << missing;
    }
    options_ = postgres::parse_connect_options(place_->url());
    postgres::PostgresSchema{options_, postgres::known_migrations().first(kOld)}.migrate();
    program_.set("STINT_STORE", place_->url());
  }

  static constexpr int kOld = 4;
  Program program_{"test_tasks"};
  std::unique_ptr<StorePlace> place_;
  postgres::ConnectOptions options_;
};

TEST_F(DbMigrate, NamesTheSessionInItsWayAndGoesOnLater) {
  EXPECT_EQ(program_.run({"job", "list"}).exit_code, 78) << "the tables are older than the program";
  auto session = postgres::connect(options_);
  const std::string text = "begin; lock table " + options_.schema + ".worker in access share mode";
  ASSERT_EQ(PQresultStatus(postgres::ResultPointer{PQexec(session.get(), text.c_str())}.get()),
            PGRES_COMMAND_OK);
  const std::string number = std::to_string(PQbackendPID(session.get()));
  const ProcessResult busy = program_.run({"db", "migrate", "--wait", "1s"});
  EXPECT_EQ(busy.exit_code, 75);
  EXPECT_THAT(busy.err, HasSubstr("waits for the session " + number));
  EXPECT_THAT(busy.err, HasSubstr("gave up after 1 s"));
  session.reset();
  const json done = json::parse(program_.output({"db", "migrate", "--json"}));
  EXPECT_EQ(done["schema_version"], postgres::newest_schema_version());
  EXPECT_EQ(program_.run({"job", "list"}).exit_code, 0);
}

}  // namespace
}  // namespace stint::test
