#include "backends/postgres/connect_options.hpp"
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::postgres {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string value_of(const ConnectOptions& options, std::string_view keyword) {
  for (const auto& [name, value] : options.parameters) {
    if (name == keyword) return value;
  }
  return {};
}

TEST(ConnectOptions, FindDeadConnectionsUnlessTheUrlSaysOtherwise) {
  const ConnectOptions plain = parse_connect_options("postgresql://h/d");
  EXPECT_EQ(value_of(plain, "tcp_user_timeout"), "20000");
  EXPECT_EQ(value_of(plain, "keepalives_idle"), "10");
  EXPECT_EQ(value_of(plain, "connect_timeout"), "10");
  EXPECT_EQ(plain.answer_timeout, std::chrono::seconds{60});
  const ConnectOptions said = parse_connect_options(
      "postgresql://h/d?tcp_user_timeout=7&keepalives_idle=8&answer_timeout=0&listen=off&pool=3");
  EXPECT_EQ(value_of(said, "tcp_user_timeout"), "7");
  EXPECT_EQ(value_of(said, "keepalives_idle"), "8");
  EXPECT_EQ(value_of(said, "answer_timeout"), "") << "libpq does not know it";
  EXPECT_EQ(said.answer_timeout.count(), 0);
  EXPECT_EQ(said.listen, Listen::kNever);
  EXPECT_EQ(said.pool, 3);
}

TEST(ConnectOptions, RefuseWhatIsOutOfRange) {
  for (const std::string wrong : {"answer_timeout=-1", "answer_timeout=1s", "listen=yes", "pool=0",
                                  "prepare=maybe", "answer_timeout=99999999999"}) {
    EXPECT_THROW(parse_connect_options("postgresql://h/d?" + wrong), Error) << wrong;
  }
}

TEST(ConnectOptions, WarnOfAServerThatNobodyChecks) {
  const auto warning = [](const std::string& url) {
    return protection_warning(parse_connect_options(url)).value_or("");
  };
  EXPECT_THAT(
      warning("postgresql://db.example.com/d"),
      AllOf(HasSubstr("sslmode=prefer"), HasSubstr("db.example.com"), HasSubstr("verify-full")));
  EXPECT_NE(warning("postgresql://u:secret@10.0.0.7/d?sslmode=require"), "");
  EXPECT_EQ(warning("postgresql://db.example.com/d?sslmode=verify-full"), "");
  for (const std::string local : {"127.0.0.1", "localhost", "[::1]", "%2Fvar%2Frun"}) {
    EXPECT_EQ(warning("postgresql://" + local + "/d"), "") << local;
  }
}

}  // namespace
}  // namespace stint::postgres
