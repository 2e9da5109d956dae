#include "cli/json_line.hpp"
#include <vector>
#include <gtest/gtest.h>
#include "stint/json.hpp"

namespace stint::cli {
namespace {

TEST(JsonLine, KeepsTheOrderOfItsMembers) {
  const std::vector<std::string> tags{"a", "b\"c"};
  JsonLine line;
  line.text("z", "1").number("a", 7).boolean("b", true).text_or_null("n", "").list("tags", tags);
  line.raw("args", R"({"x":1})").raw("none", "");
  EXPECT_EQ(line.str(),
            R"({"z":"1","a":7,"b":true,"n":null,"tags":["a","b\"c"],"args":{"x":1},"none":null})");
}

TEST(JsonString, IsReadBackByAParser) {
  for (const std::string& text :
       {std::string{"plain"}, std::string{"\"\\\n\r\t\x01\x1f\x7f"}, std::string{"caf\xc3\xa9"}}) {
    EXPECT_EQ(json::parse(json_string(text)).get<std::string>(), text);
  }
}

TEST(JsonString, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(json::parse(json_string("a\xff"
                                    "b"))
                .get<std::string>(),
            "a\xef\xbf\xbd"
            "b");
}

TEST(JsonLine, WritesNumbersThatAreNoneAsNull) {
  JsonLine line;
  line.number("p", std::optional<double>{}).number("q", std::optional<double>{0.5});
  EXPECT_EQ(line.str(), R"({"p":null,"q":0.5})");
}

}  // namespace
}  // namespace stint::cli
