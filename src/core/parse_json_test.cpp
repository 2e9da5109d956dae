#include <string>
#include <gtest/gtest.h>
#include "core/arguments.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

struct Refused {
  std::string text;
  std::string message;
};

std::string parse_error(const std::string& text) {
  try {
    return "accepted: " + parse_json(text, "it").dump();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalid);
    return error.what();
  }
}

std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

TEST(ParseJson, ReadsWhatTheLibraryWrites) {
  const json value = {{"a", 1},
                      {"b", -2.5},
                      {"c", true},
                      {"d", nullptr},
                      {"e", {1, {2}}},
                      {"f", "\u00e4\n\"\\\xf0\x9f\x98\x80"},
                      {"g", json::object()},
                      {"h", json::array()},
                      {"", 0}};
  EXPECT_EQ(parse_json(value.dump(), "it"), value);
  EXPECT_EQ(parse_json(value.dump(2), "it"), value);
  EXPECT_EQ(parse_json(value.dump(-1, ' ', true), "it"), value);
}

TEST(ParseJson, KeepsKindsOfNumbersApart) {
  EXPECT_TRUE(parse_json("1", "it").is_number_integer());
  EXPECT_TRUE(parse_json("1.0", "it").is_number_float());
  EXPECT_TRUE(parse_json("1e2", "it").is_number_float());
  EXPECT_EQ(parse_json("-9223372036854775808", "it").get<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(parse_json("9223372036854775807", "it").get<std::int64_t>(), INT64_MAX);
  EXPECT_EQ(parse_json("1e-400", "it").get<double>(), 0.0);
}

TEST(ParseJson, RefusesAndSaysWhere) {
  const Refused table[] = {
      {"", "line 1, column 1: it is empty"},
      {"  ", "line 1, column 3: it ends where a value should be"},
      {"{\"a\": 1,\n \"a\": 2}", "line 2, column 2: the key \"a\" stands twice"},
      {"[1, 2", "line 1, column 6: a comma or a closing bracket"},
      {"{\"a\" 1}", "line 1, column 6: a colon must follow the key"},
      {"{a: 1}", "line 1, column 2: a key in quotes"},
      {"[1,]", "line 1, column 4: a value must be"},
      {"{\"a\":1,}", "line 1, column 8: a key in quotes"},
      {"1 2", "line 1, column 3: something follows"},
      {"'a'", "line 1, column 1: a value must be"},
      {"True", "line 1, column 1: a value must be"},
      {"truth", "line 1, column 1: an unknown word"},
      {"NaN", "line 1, column 1: a value must be"},
      {"nan", "line 1, column 1: an unknown word"},
      {"-Infinity", "a digit is missing"},
      {"9223372036854775808", "line 1, column 1: the integer is out of range"},
      {"-9223372036854775809", "the integer is out of range"},
      {"1e999", "the number is out of range"},
      {"1e99999", "the number is out of range"},
      {"01", "a number cannot begin with 0"},
      {"1.", "a digit is missing"},
      {".5", "a value must be"},
      {"+5", "a value must be"},
      {"\"a\\u0000\"", "line 1, column 3: NUL"},
      {std::string{"\"a\0\"", 4}, "line 1, column 3: a control character"},
      {"\"a\nb\"", "line 1, column 3: a control character"},
      {"\"\\ud800\"", "half a surrogate pair"},
      {"\"\\ud800\\u0041\"", "half a surrogate pair"},
      {"\"\\udc00\"", "half a surrogate pair"},
      {"\"\\u12g4\"", "four hexadecimal digits"},
      {"\"\\x41\"", "an unknown escape"},
      {"\"abc", "line 1, column 1: the string has no closing quote"},
      {"{\"\u00e4\": \"\xff\"}", "line 1, column 8: byte 8 (0xff) is no UTF-8"},
      {nested(65), "line 1, column 65: values are nested deeper than 64"},
      {nested(100'000), "values are nested deeper than 64"},
  };
  for (const Refused& one : table) {
    const std::string message = parse_error(one.text);
    EXPECT_TRUE(message.starts_with("it is no valid JSON: line ")) << message;
    EXPECT_NE(message.find(one.message), std::string::npos)
        << one.text.substr(0, 40) << ": " << message;
  }
  EXPECT_EQ(parse_json(nested(64), "it").size(), 1U);
}

}  // namespace
}  // namespace stint
