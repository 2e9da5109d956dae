#include "base/url.hpp"
#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

std::string message_of(std::string_view url) {
  try {
    parse_url(url);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    return error.what();
  }
  return "no error";
}

TEST(ParseUrl, TakesAllPartsApart) {
  const Url url =
      parse_url("PostgreSQL://ann%40home:p%3Ass@db.example:5433/jo%20bs?sslmode=require&x=a%26b");
  EXPECT_EQ(url.scheme, "postgresql");
  EXPECT_EQ(url.user, "ann@home");
  EXPECT_EQ(url.password, "p:ss");
  EXPECT_EQ(url.host, "db.example");
  EXPECT_EQ(url.port, 5433);
  EXPECT_EQ(url.path, "/jo bs");
  EXPECT_EQ(url.parameter("sslmode"), "require");
  EXPECT_EQ(url.parameter("x"), "a&b");
  EXPECT_EQ(url.parameter("y"), std::nullopt);
}

TEST(ParseUrl, TakesFilesOfSqlite) {
  EXPECT_EQ(parse_url("sqlite:jobs.db").path, "jobs.db");
  EXPECT_EQ(parse_url("sqlite:/var/lib/jobs.db").path, "/var/lib/jobs.db");
  EXPECT_EQ(parse_url("sqlite:///var/lib/jobs.db").path, "/var/lib/jobs.db");
  const Url url = parse_url("sqlite:dir/my%20jobs#1.db?busy=5&busy=6");
  EXPECT_EQ(url.path, "dir/my jobs#1.db");
  EXPECT_EQ(url.host, "");
  EXPECT_EQ(url.parameter("busy"), "6");
}

TEST(ParseUrl, TakesServersInTheirOddForms) {
  EXPECT_EQ(parse_url("postgresql:///jobs?host=/run/postgresql").parameter("host"),
            "/run/postgresql");
  EXPECT_EQ(parse_url("postgresql://%2Frun%2Fpostgresql/jobs").host, "/run/postgresql");
  EXPECT_EQ(parse_url("redis://[::1]:6379/0").host, "::1");
  EXPECT_EQ(parse_url("redis://[::1]:6379/0").port, 6379);
  EXPECT_EQ(parse_url("redis://[::1]").port, std::nullopt);
  const Url many = parse_url("postgresql://u@a:5432,b:5433/jobs?target_session_attrs=read-write");
  EXPECT_EQ(many.host, "a:5432,b:5433");
  EXPECT_EQ(many.port, std::nullopt);
  EXPECT_EQ(parse_url("postgresql://u:p?w@host/db").password, "p?w");
  EXPECT_EQ(parse_url("postgresql://host/?x=a@b").parameter("x"), "a@b");
  EXPECT_EQ(parse_url("dummy:").scheme, "dummy");
}

TEST(ParseUrl, NamesCauseAndWayOut) {
  EXPECT_EQ(message_of("jobs.db"),
            "the URL \"jobs.db\" has no scheme; write one such as sqlite:jobs.db or "
            "postgresql://host/database");
  EXPECT_THAT(message_of(""), HasSubstr("has no scheme"));
  EXPECT_THAT(message_of("sqlite::memory:"), HasSubstr("write memory:"));
  EXPECT_THAT(message_of("sqlite:"), HasSubstr("names no file"));
  EXPECT_THAT(message_of("sqlite:/var/lib/"), HasSubstr("names no file"));
  EXPECT_THAT(message_of("sqlite://jobs.db"), HasSubstr("write sqlite:relative/path"));
  EXPECT_THAT(message_of("postgresql:/host/db"), HasSubstr("two slashes"));
  EXPECT_THAT(message_of("postgresql://host:54x2/db"), HasSubstr("port"));
  EXPECT_THAT(message_of("postgresql://host:0/db"), HasSubstr("port"));
  EXPECT_THAT(message_of("postgresql://host:65536/db"), HasSubstr("port"));
  EXPECT_THAT(message_of("redis://::1/0"), HasSubstr("brackets"));
  EXPECT_THAT(message_of("redis://[::1/0"), HasSubstr("]"));
  EXPECT_THAT(message_of("redis://[::1]x/0"), HasSubstr("behind the address"));
  EXPECT_THAT(message_of("sqlite:a?timeout"), HasSubstr("without a name or a value"));
  EXPECT_THAT(message_of("sqlite:a%2"), HasSubstr("%25"));
  EXPECT_THAT(message_of("sqlite:a%zz"), HasSubstr("%25"));
  EXPECT_THAT(message_of("sqlite:a%00b"), HasSubstr("%00"));
  EXPECT_THAT(message_of("sqlite:a\0b"s), HasSubstr("NUL"));
  EXPECT_THAT(message_of("sqlite:a\xFF"), HasSubstr("UTF-8"));
  EXPECT_THAT(message_of("sqlite:a%FF"), HasSubstr("UTF-8"));
  EXPECT_THAT(message_of("sqlite:a\n"), HasSubstr("end of a line"));
}

TEST(ParseUrl, NeverRepeatsAPassword) {
  for (const char* url : {"postgresql://u:hunter2@host:x/db", "postgresql://u:hunter2@[::1/db",
                          "postgresql://u:a%zzhunter2@host/db", "postgresql://u:pa/hunter2@host/db",
                          "postgresql://host:x/db?password=hunter2", "redis://:hunter2@h:70000"}) {
    EXPECT_THAT(message_of(url), HasSubstr("the URL ")) << url;
    EXPECT_THAT(message_of(url), Not(HasSubstr("hunter2"))) << url;
  }
}

TEST(Redacted, LeavesHarmlessUrlsAsTheyAre) {
  for (const char* url :
       {"sqlite:jobs.db", "sqlite:/var/a@b:c.db?x=y", "postgresql://ann@host:5432/jobs?sslmode=x",
        "postgresql://ann@host:5432/db?mail=a@b", "postgresql://host/a@b", "postgresql://ann@h/d@e",
        "postgresql:///jobs?host=/run/postgresql", "redis://[::1]:6379/0", "plain text", ""}) {
    EXPECT_EQ(redacted(url), url);
  }
}

TEST(Redacted, HidesThePassword) {
  EXPECT_EQ(redacted("postgresql://ann:hunter2@host:5432/jobs"),
            "postgresql://ann:***@host:5432/jobs");
  EXPECT_EQ(redacted("redis://:hunter2@host"), "redis://:***@host");
  EXPECT_EQ(redacted("postgresql://ann:hun@ter2@host/jobs"), "postgresql://ann:***@host/jobs");
  EXPECT_EQ(redacted("postgresql://ann:h?unter2@host/jobs"), "postgresql://ann:***@host/jobs");
  EXPECT_EQ(redacted("postgresql://ann:h/unter2@host/jobs"), "postgresql://ann:***@host/jobs");
  EXPECT_EQ(redacted("postgresql://ann:1/hunter2@host/jobs"), "postgresql://ann:***@host/jobs");
}

TEST(Redacted, HidesMoreWhereItIsUnclear) {
  EXPECT_EQ(redacted("postgresql://host:5432/db?mail=a@b"), "postgresql://host:***@b");
  EXPECT_EQ(redacted("postgresql://ann:pass@host/db?mail=a@b"), "postgresql://ann:***@b");
  EXPECT_EQ(redacted("postgresql://ann@home:hunter2@host/db"), "postgresql://ann@home:***@host/db");
}

TEST(Redacted, HidesSecretParameters) {
  EXPECT_EQ(redacted("postgresql:///db?user=ann&password=hunter2&x=1"),
            "postgresql:///db?user=ann&password=***&x=1");
  EXPECT_EQ(redacted("postgresql:///db?sslpassword=a=b&x=1"),
            "postgresql:///db?sslpassword=***&x=1");
  EXPECT_EQ(redacted("https://host/v1?Token=abc&p=1"), "https://host/v1?Token=***&p=1");
  EXPECT_EQ(redacted("https://host/v1?%70assword=abc"), "https://host/v1?%70assword=***");
  EXPECT_EQ(redacted("sqlite:x?access_token=abc"), "sqlite:x?access_token=***");
  EXPECT_EQ(redacted("postgresql://a:b@h/d?password=c&token=d"),
            "postgresql://a:***@h/d?password=***&token=***");
}

TEST(Redacted, HidesSecretsOfConnectionStrings) {
  EXPECT_EQ(redacted("host=db password=hunter2 user=ann"), "host=db password=*** user=ann");
  EXPECT_EQ(redacted("password = 'hun \\' ter2' user=ann"), "password = *** user=ann");
  EXPECT_EQ(redacted("user=ann password='never closed"), "user=ann password=***");
}

TEST(Redacted, IsAlwaysUtf8) { EXPECT_EQ(redacted("sqlite:\xFF"), "sqlite:\xEF\xBF\xBD"); }

TEST(WithoutParameters, DropsOursAndKeepsTheRestVerbatim) {
  constexpr std::array<std::string_view, 2> ours = {"schema", "prepare"};
  EXPECT_EQ(without_parameters("postgresql://u:p%40@h/d?schema=a&sslmode=x&prepare=on", ours),
            "postgresql://u:p%40@h/d?sslmode=x");
  EXPECT_EQ(without_parameters("postgresql://h/d?schema=a", ours), "postgresql://h/d");
  EXPECT_EQ(without_parameters("postgresql://h/d", ours), "postgresql://h/d");
  EXPECT_EQ(without_parameters("postgresql://u:p?schema=x@h/d?schema=a&y=%20", ours),
            "postgresql://u:p?schema=x@h/d?y=%20");
  EXPECT_EQ(without_parameters("postgresql://h?%73chema=a&host=/run", ours),
            "postgresql://h?host=/run");
}

TEST(EncodeUrlPath, IsReadBack) {
  const std::string path = "/home/a b/%?#&=\xC3\xA4.db";
  EXPECT_EQ(encode_url_path("/a b"), "/a%20b");
  EXPECT_EQ(parse_url("sqlite:" + encode_url_path(path)).path, path);
}

TEST(LooksLikeUrl, TellsUrlsFromNames) {
  EXPECT_TRUE(looks_like_url("sqlite:jobs.db"));
  EXPECT_TRUE(looks_like_url("postgresql://h"));
  EXPECT_FALSE(looks_like_url("archive"));
  EXPECT_FALSE(looks_like_url("./a:b"));
  EXPECT_FALSE(looks_like_url(":x"));
}

}  // namespace
}  // namespace stint
