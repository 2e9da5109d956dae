// What tests do to servers, they do indeed.
#include <chrono>
#include <cstdlib>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/consul_server.hpp"
#include "support/eventually.hpp"
#include "support/redis_server.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class RedisLike : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string missing;
    if (!RedisServer::is_installed(GetParam(), missing)) GTEST_SKIP() << missing;
  }
};

TEST_P(RedisLike, KeepsItsDataAndItsPortWhenKilled) {
  RedisServer server{{.name = GetParam()}};
  EXPECT_EQ(server.run({"SET", "name", "value"}), "OK");
  const int port = server.port();
  server.process().kill();
  EXPECT_THROW(server.run({"PING"}), std::runtime_error);
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(server.run({"GET", "name"}), "value");
}

TEST_P(RedisLike, AnswersOnlyOnceItIsResumed) {
  RedisServer server{{.name = GetParam()}};
  server.process().pause();
  EXPECT_THROW(server.run({"PING"}, std::chrono::milliseconds{50}), std::runtime_error);
  server.process().resume();
  EXPECT_EQ(server.run({"PING"}), "PONG");
}

TEST_P(RedisLike, HasAClockThatCanBeSet) {
  RedisServer server{{.name = GetParam(), .has_fake_clock = true}};
  const auto seconds = [&] { return std::stol(server.run({"TIME"})); };
  const long before = seconds();
  server.process().set_clock(std::chrono::hours{1});
  EXPECT_TRUE(eventually([&] { return seconds() >= before + 3600; }));
  server.process().set_clock(std::chrono::hours{-1});
  EXPECT_TRUE(eventually([&] { return seconds() < before - 3500; }));
}

INSTANTIATE_TEST_SUITE_P(Servers, RedisLike, ::testing::Values("redis", "valkey"),
                         [](const auto& tested) { return std::string{tested.param}; });

TEST(ConsulServer, AnswersAndLeads) {
  std::string missing;
  if (!ConsulServer::is_installed(missing)) GTEST_SKIP() << missing;
  ConsulServer server;
  EXPECT_THAT(server.request("PUT", "/v1/kv/name", "value").body, StartsWith("true"));
  EXPECT_EQ(server.request("GET", "/v1/kv/name?raw").body, "value");
  EXPECT_THAT(server.request("PUT", "/v1/session/create", R"({"TTL": "1s"})").body,
              HasSubstr("\"ID\""));
}

TEST(ConsulServer, KeepsItsDataWhenKilled) {
  std::string missing;
  if (!ConsulServer::is_installed(missing)) GTEST_SKIP() << missing;
  ConsulServer server{{.is_lasting = true}};
  EXPECT_THAT(server.request("PUT", "/v1/kv/name", "value").body, StartsWith("true"));
  server.process().kill();
  server.start();
  EXPECT_EQ(server.request("GET", "/v1/kv/name?raw&consistent").body, "value");
}

TEST(Servers, AreUpWhereTestsSayThatTheyMustBe) {
  std::string missing;
  std::string all;
  for (const char* name : {"redis", "valkey", "consul", "influxdb"}) {
    all += server_address(name, missing).value_or("") + "\n";
  }
  if (!missing.empty()) GTEST_SKIP() << missing;
  EXPECT_THAT(all, MatchesRegex("(redis://127\\.0\\.0\\.1:[0-9]+\n){2}"
                                "(http://127\\.0\\.0\\.1:[0-9]+\n){2}"));
}

}  // namespace
}  // namespace stint::test
