#include "process/output_lines.hpp"
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr OutputStream kOut = OutputStream::kOut;
constexpr OutputStream kError = OutputStream::kError;

class OutputLinesTest : public ::testing::Test {
 protected:
  OutputLines make(CaptureLimits limits = {}) {
    return OutputLines{limits, [this](const OutputLine& line) {
                         const char* const mark = line.stream == kOut ? "" : "E:";
                         seen_.push_back(mark + std::string{line.text});
                       }};
  }

  std::vector<std::string> seen_;
};

TEST_F(OutputLinesTest, CutsAtLineEnds) {
  OutputLines lines = make();
  lines.add(kOut, "one\ntwo\n\nth");
  EXPECT_THAT(seen_, ElementsAre("one", "two", ""));
  lines.add(kOut, "re");
  lines.add(kOut, "e\nfour");
  EXPECT_THAT(seen_, ElementsAre("one", "two", "", "three"));
  lines.finish();
  EXPECT_THAT(seen_, ElementsAre("one", "two", "", "three", "four"));
  EXPECT_EQ(lines.bytes(), 19U);
}

TEST_F(OutputLinesTest, KeepsStreamsApart) {
  OutputLines lines = make();
  lines.add(kOut, "so ");
  lines.add(kError, "bad\nwor");
  lines.add(kOut, "far\n");
  lines.add(kError, "se");
  lines.finish();
  EXPECT_THAT(seen_, ElementsAre("E:bad", "so far", "E:worse"));
}

TEST_F(OutputLinesTest, LeavesOutCarriageReturnsOfLineEnds) {
  OutputLines lines = make();
  lines.add(kOut, "a\r\nb\r");
  lines.add(kOut, "\nc\rd\n\r\n");
  lines.add(kOut, "e\r");
  lines.finish();
  EXPECT_THAT(seen_, ElementsAre("a", "b", "c\rd", "", "e"));
}

TEST_F(OutputLinesTest, HandsOnAnyBytes) {
  OutputLines lines = make();
  const std::string bytes{"\0\xFF\x80\x1B[2J\0", 8};
  lines.add(kOut, bytes + "\n");
  EXPECT_THAT(seen_, ElementsAre(bytes));
}

TEST_F(OutputLinesTest, SplitsLongLines) {
  OutputLines lines = make({.longest_line = 5});
  lines.add(kOut, "12345\n12345\r\n1234567890\n");
  EXPECT_THAT(seen_, ElementsAre("12345", "12345", "12345", "67890"));
}

TEST_F(OutputLinesTest, SplitsTheSameInPieces) {
  OutputLines lines = make({.longest_line = 5});
  const std::string text = "12345\n12345\r\n1234567890\r\n1234567890ab";
  for (const char byte : text) lines.add(kOut, {&byte, 1});
  lines.finish();
  EXPECT_THAT(seen_, ElementsAre("12345", "12345", "12345", "67890", "12345", "67890", "ab"));
}

TEST_F(OutputLinesTest, SplitsBetweenCharacters) {
  OutputLines lines = make({.longest_line = 5});
  lines.add(kOut, "abc\u20AC\u20ACd\n");  // three bytes each
  EXPECT_THAT(seen_, ElementsAre("abc", "\u20AC",
                                 "\u20AC"
                                 "d"));
}

TEST_F(OutputLinesTest, SplitsBytesThatAreNoCharacters) {
  OutputLines lines = make({.longest_line = 5});
  lines.add(kOut, std::string(12, '\x80') + "\n");
  EXPECT_THAT(seen_, ElementsAre(std::string(5, '\x80'), std::string(5, '\x80'), "\x80\x80"));
}

TEST_F(OutputLinesTest, HandsOnWhatIsDue) {
  OutputLines lines = make();
  EXPECT_GE(lines.until_due(0ns), 1min);
  lines.add(kOut, "Password: ", 10s);
  lines.add(kOut, "(hidden)", 10s + 400ms);  // the first byte counts
  EXPECT_EQ(lines.until_due(10s + 400ms), 100ms);
  lines.flush_due(10s + 499ms);
  EXPECT_THAT(seen_, IsEmpty());
  EXPECT_EQ(lines.until_due(11s), 0ns);
  lines.flush_due(10s + 500ms);
  EXPECT_THAT(seen_, ElementsAre("Password: (hidden)"));
  EXPECT_GE(lines.until_due(11s), 1min);
}

TEST_F(OutputLinesTest, MakesNoEmptyLineOfTheEndOfAHandedOnOne) {
  OutputLines lines = make();
  lines.add(kOut, "half", 1s);
  lines.flush_due(2s);
  lines.add(kOut, "\n\nnext\n", 3s);
  EXPECT_THAT(seen_, ElementsAre("half", "", "next"));
}

TEST_F(OutputLinesTest, SaysWhereItWasCutAndHowMuchWasDropped) {
  OutputLines lines = make({.most_bytes = 100});
  const std::string long_line(39, 'x');
  lines.add(kOut, long_line + "\n");
  lines.add(kError, long_line + "\n");
  lines.add(kError, "too much\n");
  lines.add(kOut, "and more\n");
  lines.add(kOut, "and the rest");
  EXPECT_THAT(seen_, ElementsAre(long_line, "E:" + long_line,
                                 "E:[output cut here: the limit of an attempt is 100 bytes]"));
  EXPECT_EQ(lines.bytes(), 110U);
  EXPECT_GE(lines.until_due(1h), 1min);
  seen_.clear();
  lines.finish();
  EXPECT_THAT(seen_, ElementsAre("E:[30 bytes of output were dropped]"));
}

TEST_F(OutputLinesTest, CountsWhatItDroppedToTheByte) {
  OutputLines lines = make({.most_bytes = 64, .longest_line = 10});
  // Handed on: a\r\n and 10 of the second line.
  lines.add(kOut, "a\r\n0123456789012\n");
  lines.finish();
  EXPECT_THAT(seen_, ElementsAre("a", "0123456789", ::testing::StartsWith("[output cut here"),
                                 "[4 bytes of output were dropped]"));
}

TEST_F(OutputLinesTest, ChargesForEmptyLines) {
  OutputLines lines = make({.most_bytes = 3200});
  lines.add(kOut, std::string(10'000, '\n'));
  lines.finish();
  EXPECT_EQ(seen_.size(), 102U);
  EXPECT_EQ(seen_.back(), "[9900 bytes of output were dropped]");
}

}  // namespace
}  // namespace stint
