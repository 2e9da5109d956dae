#include "size_rules.hpp"
#include <string>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stint::architecture {
namespace {

std::string repeat(const std::string& line, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += line;
  return text;
}

std::string check_functions(const std::string& text) {
  return describe(check_function_sizes({{.path = "src/base/x.cpp", .text = text}}));
}

TEST(FileSize, EndsAtItsLimit) {
  const auto check = [](std::size_t lines) {
    return describe(check_file_sizes({{.path = "src/base/x.cpp", .text = repeat("\n", lines)}}));
  };
  EXPECT_EQ(check(kMaxFileLines), "");
  EXPECT_EQ(check(kMaxFileLines + 1),
            "src/base/x.cpp:601: 601 lines, more than 600: split the file by role\n");
}

TEST(FunctionSize, EndsAtItsLimit) {
  const auto function = [](std::size_t lines) {
    return "namespace stint {\n\nint f(int a,\n      int b) {\n" + repeat("  g();\n", lines - 3) +
           "}\n\n}  // namespace stint\n";
  };
  EXPECT_EQ(check_functions(function(kMaxFunctionLines)), "");
  EXPECT_EQ(check_functions(function(kMaxFunctionLines + 1)),
            "src/base/x.cpp:3: a function of 81 lines, more than 80: int f(int a,       int b)\n");
}

TEST(FunctionSize, SeesEveryKindOfFunction) {
  const std::string body = " {\n" + repeat("  g();\n", kMaxFunctionLines) + "}\n";
  for (const char* head :
       {"TEST(Thing, Does)", "STINT_MODULE(images, m)", "void C::f() const noexcept",
        "auto f() -> std::vector<int>", "C::C(int a) : a_{a}, b_(a)", "C::C(int a) : a_{a}",
        "template <class T> requires std::integral<T> void f(T t)", "int f() override",
        "bool operator()(int a) const", "inline constexpr auto kF = [](int a)"}) {
    EXPECT_NE(check_functions(head + body), "") << head;
    EXPECT_NE(check_functions("class C final : public B {\n public:\n" + (head + body) + "};\n"),
              "")
        << head;
  }
}

TEST(FunctionSize, LeavesDataAndTypesAlone) {
  const std::string lines = " {\n" + repeat("  {\"a\", f(1)},\n", kMaxFunctionLines) + "}";
  for (const char* head : {"constexpr std::array<int, count(2)> kTable", "struct S", "enum class E",
                           "const std::vector<T> kTable =", "namespace a::b", "namespace"}) {
    EXPECT_EQ(check_functions(head + lines + ";\n"), "") << head;
  }
}

TEST(FunctionSize, IsNotMisledByTextAndComments) {
  const std::string text =
      "void f() {\n  // {\n  s = \"{{{\"; /* { */\n  c = '{';\n  n = 1'000'000;\n"
      "  r = R\"sql(}{{ \")sql\";\n#define X {\n}\nvoid g() {\n}\n";
  const auto functions = find_functions(text);
  ASSERT_EQ(functions.size(), 2U);
  EXPECT_EQ(functions[0].lines, 8U);
  EXPECT_EQ(functions[1].line, 9U);
  EXPECT_EQ(functions[1].lines, 2U);
}

}  // namespace
}  // namespace stint::architecture
