#include "cli/watch.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::size_t rows_of(const std::string& picture) {
  std::size_t rows = 1;
  for (const char c : picture) rows += c == '\n' ? 1U : 0U;
  return rows;
}

TEST(ScreenPicture, DrawsOverWhatWasThere) {
  const std::string picture = screen_picture("title", "one\ntwo\n", 10);
  EXPECT_THAT(picture, StartsWith("\x1b[Htitle\x1b[K"));
  EXPECT_THAT(picture, HasSubstr("one\x1b[K\r\ntwo"));
  EXPECT_THAT(picture, EndsWith("\x1b[K\x1b[J"));
}

TEST(ScreenPicture, NeverScrolls) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "line\n";
  for (std::size_t rows = 3; rows < 60; ++rows) {
    EXPECT_LE(rows_of(screen_picture("title", text, rows)), rows);
  }
  EXPECT_THAT(screen_picture("title", text, 12), HasSubstr("… 41 lines more"));
  EXPECT_THAT(screen_picture("title", text, 52), Not(HasSubstr("more")));
}

TEST(Watch, TakesSecondsWithinReason) {
  const auto parse = [](const std::vector<std::string>& words) {
    Watch watch;
    OptionTable options;
    watch.declare(options);
    options.parse(words);
    return watch.is_asked();
  };
  EXPECT_FALSE(parse({}));
  EXPECT_TRUE(parse({"--watch"}));
  EXPECT_TRUE(parse({"--watch=0.5"}));
  EXPECT_THROW(parse({"--watch=0"}), Error);
  EXPECT_THROW(parse({"--watch=2d"}), Error);
  EXPECT_THROW(parse({"--watch=often"}), Error);
  EXPECT_THROW(parse({"--watch", "5"}), Error);
}

}  // namespace
}  // namespace stint::cli
