// Who may do what, and where: tokens, datacenters, addresses.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "consul_test_base.hpp"
#include "support/consul_server.hpp"
#include "support/eventually.hpp"
#include "support/postgres_server.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kKey = "stint-test/lock";

class ConsulAccess : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    if (!ConsulServer::is_installed(missing)) GTEST_SKIP() << missing;
  }
};

class ConsulPolicy : public ConsulAccess {
 protected:
  void SetUp() override {
    ConsulAccess::SetUp();
    if (IsSkipped()) return;
    server = std::make_unique<ConsulServer>(
        ConsulServer::Options{.root_token = "8a6e0804-2bd0-4672-b79d-d97027f9071a"});
    ASSERT_TRUE(eventually([&] { return server->request("GET", "/v1/acl/tokens").status == 200; }));
  }

  std::string make_token(const std::string& rules) const {
    const std::string name = fmt::format("policy-{}", std::hash<std::string>{}(rules));
    server->request("PUT", "/v1/acl/policy", json{{"Name", name}, {"Rules", rules}}.dump());
    const json policies = json::array({json{{"Name", name}}});
    return json::parse(
               server->request("PUT", "/v1/acl/token", json{{"Policies", policies}}.dump()).body)
        .at("SecretID");
  }

  std::unique_ptr<LockBackend> lock_with(const std::string& token) const {
    return make_consul_lock(
        consul_options(server->address(), kKey, token.empty() ? "" : "token = \"" + token + "\""));
  }

  std::unique_ptr<ConsulServer> server;
};

TEST_F(ConsulPolicy, OfTheDocumentIsEnough) {
  const std::string token = make_token(
      "key_prefix \"stint-test/\" { policy = \"write\" } session_prefix \"\" { policy = "
      "\"write\" }");
  const auto lock = lock_with(token);
  const LockRequest request = lock_request(10s, 0s);
  const LockAttempt held = lock->acquire(request);
  ASSERT_TRUE(held.is_acquired);
  EXPECT_FALSE(lock_with(token)->acquire(lock_request()).is_acquired);
  const LockHold hold{.owner_id = request.owner.id, .token = held.token, .ttl = 10s};
  EXPECT_TRUE(lock->renew(hold));
  lock->wait(10ms);
  EXPECT_TRUE(lock->release(hold));
  const auto liveness = make_consul_liveness(
      consul_liveness_options(server->address(), "stint-test/stamp", "token = \"" + token + "\""));
  liveness->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  EXPECT_TRUE(liveness->read().success);
}

TEST_F(ConsulPolicy, RefusesWhoeverHasNoToken) {
  const auto lock = lock_with("");
  for (const auto& call : std::initializer_list<std::function<void()>>{
           [&] { lock->acquire(lock_request()); }, [&] { lock->read(); },
           [&] { lock->force_release("x"); }}) {
    const Error error = error_of(call);
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    EXPECT_FALSE(error.retryable());
    EXPECT_THAT(error.what(), AllOf(HasSubstr("without an ACL token"), HasSubstr(kKey),
                                    HasSubstr("key_prefix"), HasSubstr("session_prefix")));
  }
}

TEST_F(ConsulPolicy, RefusesATokenThatItDoesNotKnowAndNobodySeesIt) {
  const std::string token = "5ec4e7ff-0000-1111-2222-333344445555";
  const Error error = error_of([&] { lock_with(token)->acquire(lock_request()); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("refuses the ACL token"), Not(HasSubstr("5ec4e7ff"))));
  EXPECT_THAT(server->process().log(), Not(HasSubstr("token=")));  // it was in no URL
}

TEST_F(ConsulPolicy, MustLetWriteKeysAndSessions) {
  const std::string reads = make_token(
      "key_prefix \"\" { policy = \"read\" } session_prefix \"\" { policy = \"write\" }");
  EXPECT_EQ(error_of([&] { lock_with(reads)->acquire(lock_request()); }).code(),
            ErrorCode::kConfiguration);
  EXPECT_EQ(json::parse(server->request("GET", "/v1/session/list").body).size(), 0U);
  const std::string no_sessions = make_token("key_prefix \"\" { policy = \"write\" }");
  EXPECT_EQ(error_of([&] { lock_with(no_sessions)->acquire(lock_request()); }).code(),
            ErrorCode::kConfiguration);
  EXPECT_EQ(server->request("GET", fmt::format("/v1/kv/{}", kKey)).status, 404);
}

TEST_F(ConsulAccess, IsPossibleAcrossDatacenters) {
  const ConsulServer home{{.datacenter = "home", .arguments = {"-node=home-1"}}};
  const ConsulServer away{{.datacenter = "away",
                           .arguments = {"-node=away-1", "-retry-join-wan=" + home.wan_address(),
                                         "-retry-interval-wan=1s"}}};
  const auto near = make_consul_lock(consul_options(home.address(), kKey));
  const auto far = make_consul_lock(consul_options(away.address(), kKey, "dc = \"home\""));
  LockAttempt held;
  LockRequest request = lock_request(10s, 0s);
  ASSERT_TRUE(eventually([&] {
    try {
      held = far->acquire(request);
    } catch (const Error& error) {
      EXPECT_TRUE(error.retryable()) << error.what();
    }
    return held.is_acquired;
  }));
  EXPECT_FALSE(near->acquire(lock_request()).is_acquired);
  EXPECT_EQ(near->read().owner->datacenter, "home");
  const LockHold hold{.owner_id = request.owner.id, .token = held.token, .ttl = 10s};
  EXPECT_TRUE(far->renew(hold));
  EXPECT_TRUE(far->release(hold));
  EXPECT_EQ(sessions_of(home.address(), kKey), 0U);
  request = lock_request(10s, 0s);
  EXPECT_TRUE(near->acquire(request).is_acquired);
  EXPECT_FALSE(far->acquire(lock_request()).is_acquired);
}

TEST_F(ConsulAccess, NamesADatacenterThatNobodyKnows) {
  const ConsulServer server;
  const auto lock = make_consul_lock(consul_options(server.address(), kKey, "dc = \"nowhere\""));
  const Error error = error_of([&] { lock->acquire(lock_request()); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error.retryable());
  EXPECT_THAT(error.what(), AllOf(HasSubstr("\"nowhere\""), HasSubstr("one_instance.consul.dc")));
}

TEST_F(ConsulAccess, NamesTheRangeOfATtlThatItRefuses) {
  const ConsulServer server;
  const auto lock = make_consul_lock(consul_options(server.address(), kKey));
  const Error error = error_of([&] { lock->acquire(lock_request(10ms)); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), HasSubstr("must be between"));
}

TEST_F(ConsulAccess, IsRefusedWithHostAndPort) {
  const int port = PostgresServer::free_port();
  const std::string nobody = fmt::format("127.0.0.1:{}", port);
  const Error refused =
      error_of([&] { make_consul_lock(consul_options(nobody, kKey))->acquire(lock_request()); });
  EXPECT_EQ(refused.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(refused.retryable());
  EXPECT_FALSE(refused.outcome_unknown());
  EXPECT_THAT(refused.what(), AllOf(HasSubstr(nobody), HasSubstr("one_instance.consul")));
  const Error unknown = error_of([&] {
    make_consul_lock(consul_options(nobody, kKey, "host = \"no-such-host.invalid\""))->read();
  });
  EXPECT_EQ(unknown.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(unknown.what(), HasSubstr("no-such-host.invalid"));
}

TEST_F(ConsulAccess, TellsThatTheSchemeIsWrong) {
  const ConsulServer server;
  const Error error = error_of([&] {
    make_consul_lock(consul_options(server.address(), kKey, "scheme = \"https\""))->read();
  });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), AllOf(HasSubstr(server.address()), HasSubstr("TLS")));
}

}  // namespace
}  // namespace stint::test
