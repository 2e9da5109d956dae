#include "text_rules.hpp"
#include <array>
#include <string>
#include <string_view>
#include <gtest/gtest.h>

namespace stint::architecture {
namespace {

std::string check_text(const std::string& text) {
  return describe(check_words({{.path = "docs/x.md", .text = text}}));
}

TEST(Words, NoUnfinishedWork) {
  EXPECT_EQ(check_text("fine\nTO"
                       "DO: later\n"),
            "docs/x.md:2: unfinished work: finish it, or say so in the README's limitations\n");
  EXPECT_NE(check_text("// FIX"
                       "ME\n"),
            "");
  EXPECT_EQ(check_text("mastodon\n"), "");
}

TEST(Words, NoPathsOfOneMachine) {
  EXPECT_NE(check_text("see /wor"
                       "k/notes\n"),
            "");
  EXPECT_NE(check_text("open(\"/tm"
                       "p/x\")\n"),
            "");
  EXPECT_NE(check_text("/roo"
                       "t/.cache\n"),
            "");
  EXPECT_EQ(check_text("/var/tm"
                       "p/x, src/wor"
                       "k/x, and/or\n"),
            "");
}

TEST(Sleeps, AreAllowedOnlyWhereListed) {
  const std::array<std::string_view, 1> allowed{"tests/support/eventually.cpp"};
  const auto check = [&](const std::string& path, const std::string& text) {
    return describe(check_sleeps({{.path = path, .text = text}}, allowed));
  };
  EXPECT_NE(check("src/base/x.cpp", "std::this_thread::sleep_for(1s);"), "");
  EXPECT_NE(check("tests/fault/x.cpp", "  usleep(10);"), "");
  EXPECT_NE(check("tests/fault/x.cpp", "  ::sleep(1);"), "");
  EXPECT_EQ(check("tests/support/eventually.cpp", "std::this_thread::sleep_for(1ms);"), "");
  EXPECT_EQ(check("src/base/x.cpp", "job.sleep_for(1s);  // this_thread::sleep_for"), "");
  EXPECT_EQ(check("src/base/x.cpp", "noop_sleep(1);"), "");
}

TEST(Links, LeadSomewhere) {
  const auto check = [](const std::string& text) {
    return describe(check_links(
        {{.path = "README.md", .text = "x"}, {.path = "docs/concepts.md", .text = text}}));
  };
  EXPECT_EQ(check("[a](../README.md) [b](../README.md#here) [c](https://example.org/x.md)\n"), "");
  EXPECT_EQ(check("[d](../docs)\n"), "");
  EXPECT_EQ(check("\n[a](../CHANGES.md)\n"),
            "docs/concepts.md:2: links to CHANGES.md, which is not there\n");
}

TEST(Snippets, StandInTheSourceThatTheyNameThemselves) {
  const auto check = [](const std::string& document) {
    return describe(check_snippets({{.path = "README.md", .text = document},
                                    {.path = "examples/a.cpp", .text = "// a\nint a = 1;\n"}}));
  };
  EXPECT_EQ(check("This is [a](examples/a.cpp):\n\n```cpp\nint a = 1;\n```\n"), "");
  EXPECT_EQ(check("Anything:\n\n```cpp\nint a = 2;\n```\n"), "");
  EXPECT_EQ(check("\nThis is [a](examples/a.cpp):\n\n```cpp\nint a = 2;\n```\n"),
            "README.md:2: shows what is not in examples/a.cpp\n");
  EXPECT_NE(check("This is [a](examples/b.cpp):\n\n```cpp\nint a = 1;\n```\n"), "");
}

}  // namespace
}  // namespace stint::architecture
