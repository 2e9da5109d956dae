// Connections that are dead without a word: nothing is closed, and nothing answers.
#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "base/url.hpp"
#include "postgres_test_base.hpp"
#include "support/cutting_proxy.hpp"
#include "support/eventually.hpp"
#include "support/postgres_server.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Clock = std::chrono::steady_clock;

class PostgresHalfOpen : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const Url server = parse_url(url());
    proxy_.emplace(server.host, server.port.value_or(5432));
  }

  std::string url_through(std::string_view parameters = {}) const {
    const Url server = parse_url(url());
    return fmt::format(
        "postgresql://{}@127.0.0.1:{}{}?schema={}&sslmode=disable&application_name={}{}",
        server.user, proxy_->port(), server.path, schema(), schema(), parameters);
  }
  std::vector<std::string> sessions() {
    return run(
        fmt::format("select pid from pg_stat_activity where application_name = '{}'", schema()));
  }
  static std::vector<Completion> done(const std::vector<ClaimedJob>& jobs) {
    std::vector<Completion> completions;
    completions.reserve(jobs.size());
    for (const ClaimedJob& job : jobs) completions.push_back({.id = job.id, .epoch = job.epoch});
    return completions;
  }

  std::optional<CuttingProxy> proxy_;
};

TEST_F(PostgresHalfOpen, AnExchangeGoesOnOverAnotherConnection) {
  const auto through = open(url_through());
  const WorkerId worker = new_worker(*through);
  const ClaimRequest claim = claim_of(worker);
  put(3);
  const std::vector<ClaimedJob> jobs = through->exchange({}, &claim).claimed;
  ASSERT_THAT(jobs, SizeIs(3));
  const std::vector<std::string> dead = sessions();
  proxy_->half_open_all(Swallow::kRequests);
  const auto begin = Clock::now();
  EXPECT_THAT(through->exchange(done(jobs), nullptr).completed, Each(WriteResult::kAccepted));
  EXPECT_LT(Clock::now() - begin, 10s);
  // Nothing may stay locked by the session that nobody hears any more.
  EXPECT_TRUE(eventually([&] {
    const std::vector<std::string> now = sessions();
    return std::ranges::none_of(
        dead, [&](const std::string& one) { return std::ranges::count(now, one) > 0; });
  }));
  EXPECT_THAT(run("select id from stint.finished"), SizeIs(3));
}

TEST_F(PostgresHalfOpen, AnEnqueueIsMadeOnce) {
  const auto through = open(url_through());
  through->enqueue(std::vector<NewJob>(1, {.task = "t.run"}));
  proxy_->half_open_all(Swallow::kReplies);  // it is committed, and nobody hears of it
  EXPECT_THAT(through->enqueue(std::vector<NewJob>(2, {.task = "t.run"})), SizeIs(2));
  EXPECT_THAT(run("select id from stint.job"), SizeIs(3));
  EXPECT_THAT(run("select id from stint.live"), SizeIs(3));
}

TEST_F(PostgresHalfOpen, ASessionAtWorkIsWaitedFor) {
  const auto through = open(url_through("&pool=1"));
  const WorkerId worker = new_worker(*through);
  const ClaimRequest claim = claim_of(worker);
  put(1);
  const std::vector<ClaimedJob> jobs = through->exchange({}, &claim).claimed;
  const std::vector<std::string> session = sessions();
  // By a session of its own: within a transaction the server shows the same list of sessions
  // always.
  const postgres::ConnectionPointer locker =
      postgres::connect(postgres::parse_connect_options(url()));
  const auto lock = [&](const std::string& text) {
    const postgres::ResultPointer result{PQexec(locker.get(), text.c_str())};
  };
  lock(fmt::format("begin; select id from {}.live for update", schema()));
  const auto begin = Clock::now();
  std::vector<WriteResult> completed;
  std::thread other{[&] { completed = through->exchange(done(jobs), nullptr).completed; }};
  // Silence, and a look at it by a second connection.
  EXPECT_TRUE(eventually([&] { return proxy_->open() > 1; }));
  EXPECT_TRUE(eventually([&] { return proxy_->open() == 1; }));
  EXPECT_GE(Clock::now() - begin, 2s);
  EXPECT_TRUE(eventually([&] { return sessions() == session; })) << "it is still the first one";
  lock("rollback");
  other.join();
  EXPECT_THAT(completed, Each(WriteResult::kAccepted));
}

TEST_F(PostgresHalfOpen, OnlyTheServerOfTheSessionIsAsked) {
  std::string missing;
  if (!PostgresServer::is_installed(missing)) GTEST_SKIP() << missing;
  const PostgresServer other;
  const Url server = parse_url(url());
  const auto through = open(
      fmt::format("postgresql://{}@127.0.0.1:{},127.0.0.1:{}{}?schema={}&sslmode=disable&pool=1&"
                  "application_name={}",
                  server.user, proxy_->port(), other.port(), server.path, schema(), schema()));
  const WorkerId worker = new_worker(*through);
  const ClaimRequest claim = claim_of(worker);
  put(1);
  const std::vector<ClaimedJob> jobs = through->exchange({}, &claim).claimed;
  const std::vector<std::string> session = sessions();
  run("begin; select id from stint.live for update");
  proxy_->refuse(true);  // nobody can be asked, and the other server knows nothing of the session
  std::vector<WriteResult> completed;
  std::thread exchanging{[&] { completed = through->exchange(done(jobs), nullptr).completed; }};
  EXPECT_TRUE(eventually([&] { return proxy_->refused() > 1; }));
  EXPECT_EQ(sessions(), session);
  run("rollback");
  exchanging.join();
  EXPECT_THAT(completed, Each(WriteResult::kAccepted));
}

TEST_F(PostgresHalfOpen, WithoutAnybodyToAskSilenceHasALimit) {
  const auto through = open(url_through("&answer_timeout=1&connect_timeout=2"));
  through->enqueue(std::vector<NewJob>(1, {.task = "t.run"}));
  proxy_->half_open_all(Swallow::kBoth);
  proxy_->swallow_new(true);
  const auto begin = Clock::now();
  try {
    through->enqueue(std::vector<NewJob>(1, {.task = "t.run"}));
    FAIL() << "it was taken by nobody";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(error.outcome_unknown());
  }
  EXPECT_LT(Clock::now() - begin, 8s);
  proxy_->heal();
  EXPECT_THAT(through->enqueue(std::vector<NewJob>(1, {.task = "t.run"})), SizeIs(1));
}

TEST_F(PostgresHalfOpen, AListenerFindsOutThatNobodyTellsItAnything) {
  std::vector<std::string> notices;
  const auto sleeper = postgres::postgres_backend().open(
      {.url = url_through(), .notice = [&](std::string_view text) { notices.emplace_back(text); }});
  const auto wake_up = sleeper->make_wake_up(std::vector<std::string>{"default"});
  wake_up->wait_for(20s);  // ends when the listener stands
  proxy_->half_open_all(Swallow::kBoth);
  put(1);
  // Ends when another listener stands: what came in between may have been missed.
  const auto begin = Clock::now();
  wake_up->wait_for(60s);
  EXPECT_LT(Clock::now() - begin, 20s);
  put(1);
  const auto again = Clock::now();
  wake_up->wait_for(60s);
  EXPECT_LT(Clock::now() - again, 2s) << "and it hears";
  ASSERT_THAT(notices, SizeIs(2));
  EXPECT_THAT(notices[0], HasSubstr("it does not answer"));
  EXPECT_THAT(notices[1], HasSubstr("pass again"));
}

TEST_F(PostgresHalfOpen, AListenerInGoodOrderIsLeftAlone) {
  std::vector<std::string> notices;
  const auto sleeper = postgres::postgres_backend().open(
      {.url = url_through(), .notice = [&](std::string_view text) { notices.emplace_back(text); }});
  const auto wake_up = sleeper->make_wake_up(std::vector<std::string>{"default"});
  wake_up->wait_for(20s);
  const std::string name = fmt::format(
      "select pid from pg_stat_activity where application_name = '{}' and query like '%{}%'",
      schema(), "stint serving_process");
  const auto begin = Clock::now();
  wake_up->wait_for(4s);
  EXPECT_GE(Clock::now() - begin, 4s);
  EXPECT_THAT(run(name), SizeIs(1)) << "it has asked for a sign of life";
  put(1);
  wake_up->wait_for(60s);
  EXPECT_LT(Clock::now() - begin, 20s);
  EXPECT_THAT(notices, IsEmpty());
}

TEST_F(PostgresHalfOpen, AConnectionThatTricklesIsSlowAndWell) {
  const auto through = open(url_through());
  proxy_->trickle(true);
  const WorkerId worker = new_worker(*through);
  const ClaimRequest claim = claim_of(worker);
  put(3);
  const std::vector<ClaimedJob> jobs = through->exchange({}, &claim).claimed;
  ASSERT_THAT(jobs, SizeIs(3));
  EXPECT_THAT(through->exchange(done(jobs), nullptr).completed, Each(WriteResult::kAccepted));
}

}  // namespace
}  // namespace stint::test
