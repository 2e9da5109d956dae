// The rules, held against this project.
#include <algorithm>
#include <array>
#include <string_view>
#include <gtest/gtest.h>
#include "include_rules.hpp"
#include "size_rules.hpp"
#include "source_tree.hpp"
#include "sql_rules.hpp"
#include "text_rules.hpp"

namespace stint::architecture {
namespace {

// Statements that only one dialect can or needs to have.
constexpr std::array<OneDialect, 0> kOneDialect{};

// Where a short sleep is what the code is for.
constexpr std::array<std::string_view, 1> kMaySleep = {"tests/support/eventually.hpp"};

class Project : public ::testing::Test {
 protected:
  static const Tree& tree() {
    static const Tree kTree = read_tree(STINT_SOURCE_DIR);
    return kTree;
  }
};

TEST_F(Project, IsRead) {
  std::size_t sources = 0;
  for (const SourceFile& file : tree()) sources += file.is_cpp() ? 1U : 0U;
  EXPECT_GT(sources, 10U) << "the rules saw next to nothing in " << STINT_SOURCE_DIR;
}

TEST_F(Project, IncludesOneWay) { EXPECT_EQ(describe(check_include_direction(tree())), ""); }
TEST_F(Project, KeepsDriversOutOfPublicHeaders) {
  EXPECT_EQ(describe(check_public_headers(tree())), "");
}
TEST_F(Project, HasExamplesThatUsersCouldWrite) { EXPECT_EQ(describe(check_examples(tree())), ""); }
TEST_F(Project, HasFilesOfReadableSize) { EXPECT_EQ(describe(check_file_sizes(tree())), ""); }
TEST_F(Project, HasFunctionsOfReadableSize) {
  EXPECT_EQ(describe(check_function_sizes(tree())), "");
}
TEST_F(Project, HasNoSqlInCode) { EXPECT_EQ(describe(check_no_sql_in_code(tree())), ""); }
TEST_F(Project, ExplainsEachStatement) { EXPECT_EQ(describe(check_sql_comments(tree())), ""); }
TEST_F(Project, HasTheSameStatementsInBothDialects) {
  const bool has_both = std::ranges::any_of(tree(), [](const SourceFile& file) {
    return file.path.starts_with("src/backends/postgres/queries/");
  });
  if (!has_both) GTEST_SKIP() << "there is one backend only";
  EXPECT_EQ(describe(check_dialects(tree(), kOneDialect)), "");
}
TEST_F(Project, HoldsNoForbiddenWords) { EXPECT_EQ(describe(check_words(tree())), ""); }
TEST_F(Project, WaitsForConditions) { EXPECT_EQ(describe(check_sleeps(tree(), kMaySleep)), ""); }
TEST_F(Project, ShowsCodeThatIsThere) { EXPECT_EQ(describe(check_snippets(tree())), ""); }
TEST_F(Project, LinksToWhatIsThere) { EXPECT_EQ(describe(check_links(tree())), ""); }

}  // namespace
}  // namespace stint::architecture
