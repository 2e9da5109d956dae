// What a user reads when the server or the URL is not as it should be.
#include <functional>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "base/url.hpp"
#include "postgres_test_base.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PostgresErrors : public PostgresTest {
 protected:
  static Error error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error;
    }
    throw std::logic_error{"nothing was thrown"};
  }
  Error error_of_opening(const std::string& url) const {
    return error_of([&] { open(url); });
  }
  // The server of the tests under another database, user or port.
  std::string server(std::string_view user, std::uint16_t port, std::string_view path) const {
    const Url here = parse_url(url());
    return fmt::format("postgresql://{}:hunter2@{}:{}{}", user, here.host, port, path);
  }
  std::uint16_t port() const { return parse_url(url()).port.value_or(5432); }
};

TEST_F(PostgresErrors, NameTheServerThatIsDown) {
  // Port 1 of loopback: nobody listens there.
  const Error error = error_of_opening(server("postgres", 1, "/jobs"));
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error.retryable());
  EXPECT_THAT(error.what(), AllOf(HasSubstr("127.0.0.1:1/jobs"), HasSubstr("refused"),
                                  HasSubstr("check that the server runs"),
                                  Not(HasSubstr("hunter2")), Not(HasSubstr("\n"))));
}

TEST_F(PostgresErrors, NameTheDatabaseThatIsMissing) {
  const Error error = error_of_opening(server("postgres", port(), "/no_such_database"));
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("no_such_database"), HasSubstr("createdb"),
                                  Not(HasSubstr("hunter2"))));
}

TEST_F(PostgresErrors, NameTheUserThatIsUnknown) {
  const Error error = error_of_opening(server("nobody_here", port(), "/postgres"));
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("nobody_here"), HasSubstr("check user and password"),
                                  Not(HasSubstr("hunter2"))));
}

TEST_F(PostgresErrors, RefuseAUrlWithATypo) {
  for (const std::string parameter : {"shema=x", "schema=Bad-Name", "schema=", "pool=0",
                                      "pool=many", "prepare=perhaps", "connect_timeut=3"}) {
    const Error error = error_of_opening(server("u", port(), "/d?") + parameter);
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration) << parameter;
    EXPECT_THAT(error.what(), Not(HasSubstr("hunter2"))) << parameter;
  }
}

TEST_F(PostgresErrors, SayHowToMakeTheTables) {
  const Error error = error_of_opening(url() + "_of_another");
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), HasSubstr("stint db init"));
}

TEST_F(PostgresErrors, SayThatTheTablesAreNewer) {
  run("insert into stint.migration (version, name) values (900, 'from the future')");
  const Error error = error_of_opening(url());
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("900"), HasSubstr("newer version of this program")));
}

TEST_F(PostgresErrors, LeaveTablesOfOthersAlone) {
  const std::string other = schema() + "_other";
  run(fmt::format("create schema {0}; create table {0}.mine (id int)", other));
  auto tables = postgres::postgres_backend().open_schema({.url = url() + "_other"});
  for (const auto& action : {std::function<void()>([&] { tables->version(); }),
                             std::function<void()>([&] { tables->migrate(); }),
                             std::function<void()>([&] { tables->reset(); })}) {
    EXPECT_THAT(error_of(action).what(), HasSubstr("holds tables that are not Stint's"));
  }
  EXPECT_EQ(run(fmt::format("select count(*) from {}.mine", other)).at(0), "0");
  run(fmt::format("drop schema {} cascade", other));
}

TEST_F(PostgresErrors, TellAServerThatOnlyReads) {
  const auto reading = open(url_with("options=-c%20default_transaction_read_only%3Don"));
  const NewJob job{.task = "t.run"};
  const Error error = error_of([&] { reading->enqueue({&job, 1}); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_EQ(error.native_code(), "25006");
  EXPECT_THAT(error.what(), HasSubstr("only reads"));
}

TEST_F(PostgresErrors, RefuseTextThatIsNoText) {
  for (const std::string& args :
       {std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":\"\0\"}", 9)}) {
    const NewJob job{.task = "t.run", .args = args};
    EXPECT_EQ(error_of([&] { store().enqueue({&job, 1}); }).code(), ErrorCode::kInvalid);
  }
  EXPECT_THAT(run("select id from stint.job"), ::testing::IsEmpty());
}

TEST_F(PostgresErrors, WriteAFailureWhateverItsTextIs) {
  const WorkerId worker = new_worker(store());
  put(1);
  const ClaimRequest request = claim_of(worker);
  const ClaimedJob job = store().exchange({}, &request).claimed.at(0);
  const NewLogLine line{
      .job = job.id, .epoch = job.epoch, .at = {}, .text = std::string("a\0b\xff", 4)};
  store().append_log({&line, 1});
  const Activity activity{
      .id = job.id, .epoch = job.epoch, .progress_message = std::string("\0\xc3", 2)};
  EXPECT_EQ(store().report({&activity, 1}).at(0), WriteResult::kAccepted);
  const Completion completion{.id = job.id,
                              .epoch = job.epoch,
                              .outcome = Outcome::kFailed,
                              .cause = std::string("er\0ror", 6),
                              .error = "{\"message\":\"\xc3(\"}"};
  EXPECT_EQ(store().exchange({&completion, 1}, nullptr).completed.at(0), WriteResult::kAccepted);
  EXPECT_EQ(store().find_job(job.id)->state, JobState::kFailed);
}

TEST_F(PostgresErrors, SurviveSessionsThatWereTerminated) {
  const std::vector<JobId> ids = put(2);
  run(
      fmt::format("select pg_terminate_backend(pid) from pg_stat_activity where pid <> "
                  "pg_backend_pid() and application_name = 'stint' and query like '%{}%'",
                  schema()));
  EXPECT_EQ(store().job_states(ids).at(1), JobState::kQueued);
  EXPECT_EQ(put(1).size(), 1U);
}

}  // namespace
}  // namespace stint::test
