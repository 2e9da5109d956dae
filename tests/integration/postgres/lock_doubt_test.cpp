// A lock's requests over a net that loses answers.
#include <chrono>
#include <memory>
#include <string>
#include <fmt/format.h>
#include "backends/postgres/lock.hpp"
#include "base/url.hpp"
#include "postgres_test_base.hpp"
#include "stint/error.hpp"
#include "support/cutting_proxy.hpp"
#include "support/role_options.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

class PostgresLockDoubt : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const Url server = parse_url(url());
    proxy_ = std::make_unique<CuttingProxy>(server.host, server.port.value_or(5432));
    lock_ = make(fmt::format("127.0.0.1:{}", proxy_->port()));
    direct_ = postgres::make_postgres_lock(role_options("one_instance.postgresql", url()));
    won_ = lock_->acquire(request_);
    hold_ = role_hold(request_, won_);
  }
  void TearDown() override {
    lock_.reset();
    direct_.reset();
    proxy_.reset();
    PostgresTest::TearDown();
  }
  std::unique_ptr<LockBackend> make(const std::string& hosts) const {
    const Url server = parse_url(url());
    return postgres::make_postgres_lock(
        role_options("one_instance.postgresql",
                     fmt::format("postgresql://{}@{}{}?schema={}&sslmode=disable", server.user,
                                 hosts, server.path, schema()),
                     "stint/a.b", 500ms));
  }

  std::unique_ptr<CuttingProxy> proxy_;
  std::unique_ptr<LockBackend> lock_;
  std::unique_ptr<LockBackend> direct_;
  const LockRequest request_ = role_request();
  LockAttempt won_;
  LockHold hold_;
};

TEST_F(PostgresLockDoubt, ReadsBackWhatBecameOfIt) {
  proxy_->lose_next_reply("renew_lock");
  EXPECT_TRUE(lock_->renew(hold_));
  EXPECT_TRUE(proxy_->has_cut());
  proxy_->lose_next_reply("release_lock");
  EXPECT_TRUE(lock_->release(hold_)) << "the first request had freed it";
  EXPECT_FALSE(lock_->release(hold_)) << "now it is nobody's";
  proxy_->lose_next_reply("acquire_lock");
  const LockRequest again = role_request();
  const LockAttempt second = lock_->acquire(again);
  EXPECT_TRUE(second.is_acquired);
  EXPECT_GT(second.token, won_.token);
  const LockRecord record = direct_->read();
  ASSERT_TRUE(record.owner);
  EXPECT_EQ(record.owner->id, again.owner.id);
  EXPECT_EQ(record.token, second.token) << "one and the same token for both requests";
  EXPECT_EQ(run("select count(*) from stint.one_instance_lock").front(), "1");
}

TEST_F(PostgresLockDoubt, AReleaseOfAnothersLockStaysRefused) {
  LockHold wrong = hold_;
  wrong.owner_id = this_process_as_owner("x.y").id;
  proxy_->lose_next_reply("release_lock");
  EXPECT_FALSE(lock_->release(wrong));
  EXPECT_TRUE(direct_->renew(hold_));
}

TEST_F(PostgresLockDoubt, SaysWhatItCannotKnow) {
  EXPECT_TRUE(lock_->release(hold_));
  proxy_->refuse_after_cut(true);
  proxy_->lose_next_reply("acquire_lock");
  const LockRequest request = role_request();
  try {
    lock_->acquire(request);
    ADD_FAILURE() << "the server was away";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(error.outcome_unknown());
  }
  EXPECT_EQ(direct_->read().owner.value().id, request.owner.id) << "it had arrived";
  proxy_->refuse_after_cut(false);
  proxy_->refuse(false);
  EXPECT_TRUE(lock_->acquire(request).is_acquired);
}

TEST_F(PostgresLockDoubt, NeverWaitsLongForASilentServer) {
  proxy_->half_open_all(Swallow::kReplies);
  const auto began = SteadyClock::now();
  try {
    lock_->renew(hold_);
    ADD_FAILURE() << "nothing was heard";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_TRUE(error.outcome_unknown());
  }
  EXPECT_LT(SteadyClock::now() - began, 2s);
  proxy_->heal();
  EXPECT_TRUE(lock_->renew(hold_)) << "over another connection";

  proxy_->half_open_all(Swallow::kBoth);
  proxy_->swallow_new(true);
  EXPECT_THROW(lock_->read(), Error);
  const auto again = SteadyClock::now();
  EXPECT_THROW(lock_->read(), Error) << "not even a connection";
  EXPECT_LT(SteadyClock::now() - again, 2s);
}

TEST_F(PostgresLockDoubt, GoesToTheNextHostBehindOneThatIsSilent) {
  const Url server = parse_url(url());
  proxy_->swallow_new(true);
  const auto lock = make(
      fmt::format("127.0.0.1:{},{}:{}", proxy_->port(), server.host, server.port.value_or(5432)));
  int tries = 1;
  for (; tries < 4; ++tries) {
    try {
      EXPECT_TRUE(lock->renew(hold_));
      break;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    }
  }
  EXPECT_LE(tries, 2);
}

}  // namespace
}  // namespace stint::test
