#include "scan.hpp"
#include <gtest/gtest.h>

namespace stint::architecture {
namespace {

TEST(Scan, BlanksCommentsAndLiteralsInPlace) {
  EXPECT_EQ(scan("a // b\n/* c\n*/ d \"e\\\"f\" 'g'").code, "a     \n    \n   d \"    \" ' '");
}

TEST(Scan, CollectsLiteralsWithTheirLines) {
  const auto literals = scan("f(\"a\");\ng(\"b\"\n  \"c\", R\"x(d)\" e)x\");").literals;
  ASSERT_EQ(literals.size(), 3U);
  EXPECT_EQ(literals[0].text, "a");
  EXPECT_EQ(literals[0].line, 1U);
  EXPECT_EQ(literals[1].text, "bc") << "neighbours are one literal";
  EXPECT_EQ(literals[1].line, 2U);
  EXPECT_EQ(literals[2].text, "d)\" e");
}

TEST(Scan, KnowsDigitSeparatorsFromCharacters) {
  EXPECT_EQ(scan("1'000'000 + 0xF'F + u8'{' + '{'").code, "1'000'000 + 0xF'F + u8' ' + ' '");
}

TEST(Scan, EndsWithATextThatEndsTooEarly) {
  EXPECT_EQ(scan("a \"b").literals.at(0).text, "b");
  EXPECT_EQ(scan("/* a").code, "    ");
  EXPECT_EQ(scan("R\"x(a").literals.size(), 1U);
}

}  // namespace
}  // namespace stint::architecture
