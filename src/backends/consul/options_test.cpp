#include "backends/consul/options.hpp"
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "stint/settings.hpp"

namespace stint::consul {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

BackendOptions options_of(const std::string& lines, const std::string& key = "stint/a.b") {
  return {.settings = load_settings(
              LoadOptions{.toml = "[one_instance.consul]\n" + lines, .use_environment = false}),
          .table = "one_instance.consul",
          .key = key};
}

std::vector<std::string> problems_of(const std::string& lines,
                                     const std::string& key = "stint/a.b") {
  try {
    read_options(options_of(lines, key));
  } catch (const ConfigurationError& error) {
    return error.problems();
  }
  return {};
}

TEST(ConsulOptions, ReadTheParts) {
  BackendOptions from = options_of(
      "host = \"consul.local\"\nport = 8501\nscheme = \"https\"\n"
      "dc = \"home\"\ntoken = \"hush\"\n");
  from.timeout = 1500us;
  const Options options = read_options(from);
  EXPECT_EQ(options.url, "https://consul.local:8501");
  EXPECT_EQ(options.datacenter, "home");
  EXPECT_EQ(options.token, "hush");
  EXPECT_EQ(options.key, "stint/a.b");
  EXPECT_EQ(options.timeout, 2ms);
}

TEST(ConsulOptions, HaveDefaults) {
  EXPECT_EQ(read_options(options_of("")).url, "http://127.0.0.1:8500");
  EXPECT_EQ(read_options(options_of("host = \"::1\"")).url, "http://[::1]:8500");
}

TEST(ConsulOptions, TakeAUrlInPlaceOfTheParts) {
  const auto url_of = [](const std::string& url) {
    return read_options(options_of("url = \"" + url + "\"")).url;
  };
  EXPECT_EQ(url_of("http://a.example.org"), "http://a.example.org:8500");
  EXPECT_EQ(url_of("https://a.example.org/"), "https://a.example.org:8501");
  EXPECT_EQ(url_of("http://[::1]:21"), "http://[::1]:21");
}

TEST(ConsulOptions, RefuseAUrlBesideTheParts) {
  EXPECT_THAT(problems_of("url = \"http://a\"\nhost = \"b\"\nport = 1\n"),
              ElementsAre(HasSubstr("`url` and `host`"), HasSubstr("`url` and `port`")));
}

TEST(ConsulOptions, RefuseUrlsThatNameNoServer) {
  for (const char* url : {"redis://a", "http://a/v1", "http://a?token=hush", "http://",
                          "http://user:hush@a", "http://a,b", "a:8500", "http://a:99999"}) {
    const auto problems = problems_of("url = \"" + std::string{url} + "\"");
    EXPECT_THAT(problems, ElementsAre(HasSubstr("one_instance.consul.url"))) << url;
    EXPECT_THAT(problems, Not(ElementsAre(HasSubstr("hush")))) << url;
  }
  EXPECT_THAT(problems_of("host = \"http://a\""), ElementsAre(HasSubstr("consul.host")));
}

TEST(ConsulOptions, RefuseKeysThatConsulTakesForOthers) {
  for (const char* key : {"", "/a", "a//b", "a/", "a/./b", "../a", "a/..", "a\xFF"}) {
    EXPECT_THAT(problems_of("", key), ElementsAre(HasSubstr("one_instance.consul.key"))) << key;
  }
  for (const char* key : {"a", "a/b c/\xC3\xA4", "...", "a?b#c%2F"}) {
    EXPECT_THAT(problems_of("", key), IsEmpty()) << key;
  }
}

}  // namespace
}  // namespace stint::consul
