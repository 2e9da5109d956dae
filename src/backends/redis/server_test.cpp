#include "backends/redis/server.hpp"
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::redis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

BackendOptions options(const std::string& rows, const std::string& key = "stint/a.b") {
  return {.settings = load_settings(
              LoadOptions{.toml = "[one_instance.redis]\n" + rows, .use_environment = false}),
          .table = "one_instance.redis",
          .key = key};
}

std::string problems(const std::string& rows, const std::string& key = "stint/a.b") {
  try {
    read_lock_settings(options(rows, key));
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return "none";
}

TEST(RedisServer, IsReadFromItsUrl) {
  const Server server = read_server(options("url = \"redis://me:p%40ss@[::1]:7000/3\""));
  EXPECT_EQ(server.host, "::1");
  EXPECT_EQ(server.port, 7000);
  EXPECT_EQ(server.user, "me");
  EXPECT_EQ(server.password, "p@ss");
  EXPECT_EQ(server.database, 3);
  EXPECT_EQ(server.place(), "[::1]:7000");
}

TEST(RedisServer, IsOnThisMachineByDefault) {
  EXPECT_EQ(read_server(options("")).place(), "127.0.0.1:6379");
  EXPECT_EQ(read_server(options("url = \"redis://other\"")).place(), "other:6379");
}

TEST(RedisServer, RefusesUrlsThatItCannotFollowAndHidesTheirPassword) {
  for (const auto& [url, cause] : {
           std::pair{"rediss://me:hunter2@host", "TLS"},
           {"postgresql://me:hunter2@host/db", "is not one of Redis"},
           {"redis://me:hunter2@host/jobs", "number of a database"},
           {"redis://me:hunter2@host/-1", "number of a database"},
           {"redis://me:hunter2@a:1,b:2", "several hosts"},
           {"redis://me:hunter2@host?db=1", "parameter \"db\""},
           {"redis://me@host", "without a password"},
       }) {
    EXPECT_THAT(
        problems("url = \"" + std::string{url} + "\""),
        AllOf(HasSubstr(cause), HasSubstr("one_instance.redis.url"), Not(HasSubstr("hunter2"))))
        << url;
  }
}

TEST(RedisServer, NamesEveryProblemAtOnce) {
  EXPECT_THAT(problems("url = \"redis://:hunter2@host/x\"", std::string(513, 'k')),
              AllOf(HasSubstr("number of a database"), HasSubstr("513 bytes")));
  EXPECT_THAT(problems("", ""), HasSubstr("is empty"));
  EXPECT_THAT(problems("", "a\xff"), HasSubstr("UTF-8"));
}

}  // namespace
}  // namespace stint::redis
