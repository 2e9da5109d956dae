#include "backends/postgres/split_statements.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SplitStatements, EndsThemAtSemicolons) {
  EXPECT_THAT(split_statements("create table a (b int);drop table a"),
              ElementsAre("create table a (b int)", "drop table a"));
}

TEST(SplitStatements, LeavesOutWhatDoesNothing) {
  EXPECT_THAT(split_statements(""), IsEmpty());
  EXPECT_THAT(split_statements(" ; -- nothing; here\n ;\n/* nor; here */"), IsEmpty());
}

TEST(SplitStatements, LooksIntoNoQuotes) {
  EXPECT_THAT(split_statements("a ';'';' b; c \";\" d"), ElementsAre("a ';'';' b", " c \";\" d"));
  EXPECT_THAT(split_statements("do $$ begin; end $$; e"), ElementsAre("do $$ begin; end $$", " e"));
  EXPECT_THAT(split_statements("do $x$ $$;$$ '; $x$; e"), ElementsAre("do $x$ $$;$$ '; $x$", " e"));
}

TEST(SplitStatements, TakesNoParameterForAQuote) {
  EXPECT_THAT(split_statements("a $1; b $1"), ElementsAre("a $1", " b $1"));
  EXPECT_THAT(split_statements("a$b$; c$b$"), ElementsAre("a$b$", " c$b$"));
}

TEST(SplitStatements, LooksIntoNoComments) {
  EXPECT_THAT(split_statements("a -- it's; \n b; c /* ' ; */ d"),
              ElementsAre("a -- it's; \n b", " c /* ' ; */ d"));
}

}  // namespace
}  // namespace stint::postgres
