#include "base/utf8.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::string_literals;

TEST(Utf8, AcceptsEveryLengthOfSequence) {
  for (const std::string& text :
       {""s, "plain"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s, "\xED\x9F\xBF"s, "\xEE\x80\x80"s,
        "\xEF\xBF\xBF"s, "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s, "a\0b"s}) {
    EXPECT_TRUE(is_valid_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, RefusesWhatTheStandardForbids) {
  for (const std::string& text : {
           "\x80"s,              // a continuation alone
           "\xC0\x80"s,          // overlong NUL
           "\xC1\xBF"s,          // overlong
           "\xE0\x9F\xBF"s,      // overlong
           "\xF0\x8F\xBF\xBF"s,  // overlong
           "\xED\xA0\x80"s,      // the first surrogate
           "\xED\xBF\xBF"s,      // the last surrogate
           "\xF4\x90\x80\x80"s,  // beyond U+10FFFF
           "\xF5\x80\x80\x80"s,
           "\xFF"s,
           "\xC3"s,
           "\xE2\x82"s,
           "\xF0\x9F\x98"s,  // cut off
           "\xC3("s,
           "\xE2(\xA1"s,
           "\xE2\x82("s,
       }) {
    EXPECT_FALSE(is_valid_utf8(text)) << testing::PrintToString(text);
    EXPECT_FALSE(is_valid_utf8("eight or more plain characters " + text));
  }
}

TEST(Utf8, SaysWhereTheFirstBadByteIs) {
  EXPECT_EQ(valid_utf8_length("0123456789abcdef\xC3(rest"), 16U);
  EXPECT_EQ(valid_utf8_length("\xC3\xA4\xFF"), 2U);
}

TEST(SanitizeText, LeavesGoodTextAlone) {
  EXPECT_EQ(sanitize_text("gr\xC3\xBC\xC3\x9F dich"), "gr\xC3\xBC\xC3\x9F dich");
}

TEST(SanitizeText, ReplacesNulAndEachBadSequenceOnce) {
  EXPECT_EQ(sanitize_text("a\0b"s), "a\xEF\xBF\xBD"s + "b");
  EXPECT_EQ(sanitize_text("a\xE2\x82"
                          "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(sanitize_text("\xFF\xFE"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(SanitizeText, AlwaysReturnsValidText) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second), 'x'};
      const std::string clean = sanitize_text(text);
      ASSERT_TRUE(is_valid_utf8(clean) && !has_nul(clean)) << first << ' ' << second;
      ASSERT_TRUE(clean.ends_with('x') || text == clean) << first << ' ' << second;
    }
  }
}

TEST(Utf8, TakesNulsAndHalfPairsOutOfJson) {
  EXPECT_EQ(sanitize_json(R"({"a":"\u0000b"})"), R"({"a":"\ufffdb"})");
  EXPECT_EQ(sanitize_json(R"("\ud800")"), R"("\ufffd")");
  EXPECT_EQ(sanitize_json(R"("\uDFFF\ud800x")"), R"("\ufffd\ufffdx")");
  EXPECT_EQ(sanitize_json("\"\\ud83d\\u0000\xFF\""), "\"\\ufffd\\ufffd\xEF\xBF\xBD\"");
  for (const std::string& sound :
       {R"("\ud83d\ude00")"s, R"("\\u0000")"s, R"("\\\\ud800")"s, R"({"a":"\n\t\\"})"s, "\\u12"s,
        "\\u-001"s, "\\"s, R"("\u00e4")"s}) {
    EXPECT_EQ(sanitize_json(sound), sound);
  }
  EXPECT_EQ(sanitize_json(R"("\\\u0000")"), R"("\\\ufffd")");
}

}  // namespace
}  // namespace stint
