// Jobs enqueued in a transaction of the caller's: by libpq, and by a statement for any driver.
#include <atomic>
#include <chrono>
#include <thread>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "postgres_test_base.hpp"
#include "stint/error.hpp"
#include "stint/postgresql.hpp"
#include "stint/stint.hpp"
#include "support/eventually.hpp"

namespace stint::test {

struct Parcel {
  std::string to = "nobody";
  int grams = 100;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Parcel, to, grams)
inline constexpr Task<Parcel, std::string> send_parcel{"post.send"};

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

STINT_MODULE(post, m) {
  m.task(send_parcel, [](const Parcel& parcel) { return parcel.to; });
  m.task("bytes", [](const Bytes&) {}, {arg("data")});
  m.task("once", [] {}, {}, {.domain = "mail", .priority = 3, .at_most_once = true});
}

class CallerTransaction : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    settings_.emplace(load_settings({.toml = fmt::format("[stores]\ndefault = \"{}\"\n"
                                                         "[defaults]\nmax_attempts = 7\n",
                                                         url()),
                                     .use_environment = false},
                                    {post}));
    client_.emplace(*settings_, std::initializer_list<ModuleDefinition>{post});
    own_ = postgres::connect(postgres::parse_connect_options(url()));
  }
  void TearDown() override {
    own_.reset();
    client_.reset();
    PostgresTest::TearDown();
  }

  PGconn* own() { return own_.get(); }
  void runs(const char* text) {
    const postgres::ResultPointer result{PQexec(own(), text)};
    ASSERT_NE(PQresultStatus(result.get()), PGRES_FATAL_ERROR) << PQerrorMessage(own());
  }
  template <typename Call>
  static std::string refusal(const Call& call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalid) << error.what();
      return error.what();
    }
    return "nothing was refused";
  }
  std::string refusal() {
    return refusal([&] { postgresql::enqueue(*client_, own(), send_parcel, {}); });
  }

  std::optional<Settings> settings_;
  std::optional<Client> client_;
  postgres::ConnectionPointer own_;
};

TEST_F(CallerTransaction, MakesTheJobWithTheCommit) {
  runs("begin");
  const auto job = postgresql::enqueue(
      *client_, own(), send_parcel, {.to = "Ada", .grams = 5},
      {.priority = 9, .metadata = {{"who", "Zoë"}}, .tags = {"gift"}, .idempotency_key = "p1"});
  EXPECT_GT(job.id().value, 0);
  EXPECT_THROW(static_cast<void>(job.state()), Error) << "nobody can see it yet";
  EXPECT_EQ(PQtransactionStatus(own()), PQTRANS_INTRANS);
  runs("commit");
  EXPECT_EQ(job.state(), JobState::kQueued);
  const JobRecord stored = store().find_job(job.id()).value();
  EXPECT_EQ(json::parse(stored.args), (json{{"to", "Ada"}, {"grams", 5}}));
  EXPECT_EQ(stored.priority, 9);
  EXPECT_EQ(stored.max_attempts, 7) << "as the settings of the client say";
  EXPECT_EQ(json::parse(stored.metadata), (json{{"who", "Zoë"}}));
  EXPECT_THAT(stored.tags, ElementsAre("gift"));

  runs("begin");
  EXPECT_EQ(postgresql::enqueue(*client_, own(), "post.send", {}, {.idempotency_key = "p1"}).id(),
            job.id());
  runs("commit");
}

TEST_F(CallerTransaction, MakesNoneAfterARollback) {
  runs("begin");
  const auto job = postgresql::enqueue(*client_, own(), send_parcel, {});
  runs("rollback");
  EXPECT_THAT(store().list_jobs({}), IsEmpty());
  EXPECT_THROW(static_cast<void>(job.get()), Error);
}

TEST_F(CallerTransaction, WakesAWorkerAtTheCommit) {
  Worker worker{*settings_, {post}, {.slots = 1}};
  worker.start();
  ASSERT_TRUE(worker.wait_idle(20s));
  for (int i = 0; i < 3; ++i) {
    runs("begin");
    const auto job = postgresql::enqueue(*client_, own(), send_parcel, {.to = "Ada"});
    runs("commit");
    EXPECT_EQ(job.get(), "Ada");
  }
}

TEST_F(CallerTransaction, ChecksArgumentsBeforeItSendsAnything) {
  runs("begin");
  EXPECT_THAT(
      refusal([&] { postgresql::enqueue(*client_, own(), "post.send", {{"grams", "many"}}); }),
      HasSubstr("grams"));
  EXPECT_THAT(
      refusal([&] { postgresql::enqueue(*client_, own(), "post.bytes", {{"data", Bytes{"x"}}}); }),
      HasSubstr("SQL cannot carry stint::Bytes"));
  EXPECT_THAT(refusal([&] {
                postgresql::enqueue(*client_, own(), "post.send", {},
                                    {.idempotency_key = "stint:child:1:1"});
              }),
              HasSubstr("reserved"));
  EXPECT_EQ(PQtransactionStatus(own()), PQTRANS_INTRANS) << "and may go on";
}

TEST_F(CallerTransaction, RefusesAConnectionThatIsNotWithinATransaction) {
  EXPECT_THAT(refusal(), HasSubstr("send BEGIN first"));
  runs("begin");
  PQclear(PQexec(own(), "select 1 / 0"));
  EXPECT_THAT(refusal(), HasSubstr("roll it back"));
  runs("rollback");
  runs("begin");
  PQsendQuery(own(), "select 1");
  EXPECT_THAT(refusal(), HasSubstr("busy"));
  while (PGresult* const result = PQgetResult(own())) PQclear(result);
  PQenterPipelineMode(own());
  EXPECT_THAT(refusal(), HasSubstr("pipeline mode"));
  EXPECT_THAT(refusal([&] { postgresql::enqueue(*client_, nullptr, send_parcel, {}); }),
              HasSubstr("null"));
}

TEST_F(CallerTransaction, TellsThatTheConnectionBroke) {
  runs("begin");
  run(fmt::format("select pg_terminate_backend({})", PQbackendPID(own())));
  try {
    postgresql::enqueue(*client_, own(), send_parcel, {});
    FAIL() << "there is no session";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_FALSE(error.outcome_unknown()) << "the caller has committed nothing";
  }
}

TEST_F(CallerTransaction, TellsThatTheDatabaseIsAnother) {
  std::string elsewhere = url().substr(0, url().find('?'));
  elsewhere.replace(elsewhere.rfind('/'), std::string::npos, "/template1");
  own_ = postgres::connect(postgres::parse_connect_options(elsewhere));
  runs("begin");
  EXPECT_THAT(refusal(), HasSubstr("leads to another place than the client's store"));
}

TEST_F(CallerTransaction, NeedsNoMoreThanTheRightToEnqueue) {
  const std::string role = schema() + "_role";
  run("create role " + role);
  postgres::postgres_backend().open_schema({.url = url()})->grant(StoreGrant::kEnqueue, role);
  client_->enqueue(send_parcel, {});  // registers the task
  runs("begin");
  runs(("set local role " + role).c_str());
  const auto job = postgresql::enqueue(*client_, own(), send_parcel, {});
  runs("commit");
  EXPECT_EQ(job.state(), JobState::kQueued);
  run("drop owned by " + role);
  run("drop role " + role);
}

// --- A statement for any driver -----------------------------------------------------------------

TEST_F(CallerTransaction, GivesAStatementInAscii) {
  const SqlStatement statement =
      client_->sql_enqueue(send_parcel, {.to = "Zoë \"☃\" 😀", .grams = 5},
                           {.run_at = std::chrono::sys_days{2030y / 1 / 2}, .node = "n1"});
  ASSERT_EQ(statement.values.size(), 3U);
  for (const std::string& value : statement.values) {
    EXPECT_TRUE(std::ranges::all_of(value, [](char c) { return c > 0 && c < 127; })) << value;
  }
  runs("set client_encoding = 'LATIN1'");
  runs("begin");
  std::vector<const char*> values;
  for (const std::string& value : statement.values) values.push_back(value.c_str());
  const postgres::ResultPointer result{
      PQexecParams(own(), statement.text.c_str(), 3, nullptr, values.data(), nullptr, nullptr, 0)};
  ASSERT_EQ(PQntuples(result.get()), 1) << PQerrorMessage(own());
  EXPECT_STREQ(PQfname(result.get(), 0), "job");
  const JobId id{std::stoll(PQgetvalue(result.get(), 0, 0))};
  runs("commit");
  const JobRecord stored = store().find_job(id).value();
  EXPECT_EQ(json::parse(stored.args).at("to"), "Zoë \"☃\" 😀");
  EXPECT_EQ(stored.run_at, std::chrono::sys_days{2030y / 1 / 2});
  EXPECT_EQ(stored.node, "n1");
  EXPECT_EQ(client_->job<std::string>(id).state(), JobState::kScheduled);
}

TEST_F(CallerTransaction, KeepsWhatTheTaskSaysOfItsSafety) {
  // The statement is made before anybody has enqueued: the program's tasks are registered by it.
  runs("begin");
  const auto job = postgresql::enqueue(*client_, own(), "post.once");
  runs("commit");
  EXPECT_THAT(run(fmt::format("select flags, domain, priority from stint.live where id = {}",
                              job.id().value)),
              ElementsAre("1|mail|3"));
}

TEST_F(CallerTransaction, TakesATaskThatNobodyHasRegistered) {
  Client stranger{*settings_};
  runs("begin");
  const auto job = postgresql::enqueue(stranger, own(), "later.task", {{"x", 1}});
  runs("commit");
  EXPECT_EQ(store().find_job(job.id()).value().task, "later.task");
}

TEST(CallerTransactionOnSqlite, HasNoSql) {
  std::string missing;
  const auto place = make_store_place("sqlite", missing);
  const Settings settings =
      load_settings({.toml = fmt::format("[stores]\ndefault = \"{}\"\n", place->url()),
                     .use_environment = false});
  Client client{settings};
  try {
    static_cast<void>(client.sql_enqueue("later.task"));
    FAIL() << "SQLite has no such function";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalid);
    EXPECT_THAT(error.what(), HasSubstr("use Client::enqueue"));
  }
}

}  // namespace
}  // namespace stint::test
