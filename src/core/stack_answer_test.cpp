#include "core/stack_answer.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(StackAnswer, IsReadAsItIsWritten) {
  EXPECT_EQ(parse_begin_of_stacks(begin_of_stacks(17)), 17);
  EXPECT_EQ(parse_end_of_stacks(end_of_stacks(17)), 17);
  EXPECT_EQ(parse_begin_of_stacks(end_of_stacks(17)), std::nullopt);
  EXPECT_EQ(parse_end_of_stacks(begin_of_stacks(17)), std::nullopt);
}

TEST(StackAnswer, IsNotFoundInOtherLines) {
  for (const char* line : {"", "begin of look", "begin of look ", "begin of look x",
                           "begin of look 1 ", "begin of look 0", "begin of look -1",
                           "begin of look 99999999999999", "  begin of look 1"}) {
    EXPECT_EQ(parse_begin_of_stacks(line), std::nullopt) << line;
  }
}

}  // namespace
}  // namespace stint
