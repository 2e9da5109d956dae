#include "base/base64.hpp"
#include <random>
#include <string>
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(Base64, WritesThePublishedExamples) {
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(encode_base64("f"), "Zg==");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("foo"), "Zm9v");
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(encode_base64("\xFB\xEF\xFF"), "++//");
}

TEST(Base64, ReadsBackWhatItWrote) {
  std::mt19937 random{42};  // NOLINT(bugprone-random-generator-seed): the same texts in each run
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes) << size;
  }
}

TEST(Base64, RefusesOtherTexts) {
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zm-_",
                           "Zg==Zg==", "Zh==", "Zm9=", "=m9v", "Z=9v"}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace stint
