#include "cli/terminal.hpp"
#include <gtest/gtest.h>

namespace stint::cli {
namespace {

TEST(Printable, EscapesWhatMovesTheCursor) {
  EXPECT_EQ(printable("a\nb\tc\x1b[31md\x7f"), "a\\nb\\tc\\x1b[31md\\x7f");
  EXPECT_EQ(printable("x\xc2\x9b"
                      "1m"),
            "x\\x9b1m");                                // C1: one byte CSI
  EXPECT_EQ(printable("x\xe2\x80\xaey"), "x\\u202ey");  // reorders the line
  EXPECT_EQ(printable("caf\xc3\xa9 \xff"), "caf\xc3\xa9 \xef\xbf\xbd");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("caf\xc3\xa9"), 4U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);                 // e and a combining accent
  EXPECT_EQ(display_width("\xe6\x97\xa5\xe6\x9c\xac"), 4U);  // two wide characters
}

TEST(Truncated, EndsWithAnEllipsisWithinTheWidth) {
  EXPECT_EQ(truncated("short", 5), "short");
  EXPECT_EQ(truncated("longer", 5), "long…");
  EXPECT_EQ(truncated("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4), "\xe6\x97\xa5…");
  EXPECT_EQ(truncated("x", 0), "");
}

TEST(Colored, LeavesTextAloneWithoutColours) {
  EXPECT_EQ(colored("x", Color::kRed, false), "x");
  EXPECT_EQ(colored("x", Color::kRed, true), "\x1b[31mx\x1b[0m");
}

}  // namespace
}  // namespace stint::cli
