#include "base/file_name.hpp"
#include <string>
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(FileName, KeepsPlainNames) {
  EXPECT_EQ(file_name_of("billing.close_books-2"), "billing.close_books-2");
}

TEST(FileName, WritesAllElseAsNumbers) {
  EXPECT_EQ(file_name_of("stint/a b"), "stint%2Fa%20b");
  EXPECT_EQ(file_name_of(".."), "%2E.");
  EXPECT_EQ(file_name_of("%2F"), "%252F");
  EXPECT_EQ(file_name_of("\xC3\xA4"), "%C3%A4");
  EXPECT_EQ(file_name_of((std::string{"a\0b", 3})), "a%00b");
  EXPECT_EQ(file_name_of(""), "");
}

}  // namespace
}  // namespace stint
