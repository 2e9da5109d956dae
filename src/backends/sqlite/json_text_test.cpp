#include "backends/sqlite/json_text.hpp"
#include <string>
#include <vector>
#include <gtest/gtest.h>

namespace stint::sqlite {
namespace {

TEST(JsonText, QuotesWhatJsonHasToQuote) {
  const std::vector<std::string> texts{"plain", "a \"b\" \\ c", "line\nend", "\U0001F600"};
  EXPECT_EQ(json_array_of(texts),
            "[\"plain\",\"a \\\"b\\\" \\\\ c\",\"line\\u000aend\",\"\U0001F600\"]");
}

TEST(JsonText, WritesAnEmptyArray) { EXPECT_EQ(json_array_of({}), "[]"); }

TEST(JsonText, ReplacesBytesThatAreNoText) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(json_error("Crash", "bad \xff and \0"sv),
            "{\"type\":\"Crash\",\"message\":\"bad \uFFFD and \uFFFD\",\"causes\":[]}");
}

}  // namespace
}  // namespace stint::sqlite
