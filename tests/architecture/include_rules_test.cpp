#include "include_rules.hpp"
#include <string>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stint::architecture {
namespace {

std::string check_one(const std::string& path, const std::string& text) {
  return describe(check_include_direction({{.path = path, .text = text}}));
}

TEST(IncludeDirection, NamesFileLineAndRule) {
  EXPECT_EQ(
      check_one("src/base/url.cpp", "#include \"base/url.hpp\"\n#include \"core/store.hpp\"\n"),
      "src/base/url.cpp:2: src/base may include only itself and [], not \"core/store.hpp\"\n");
}

TEST(IncludeDirection, AllowsWhatThePlanAllows) {
  const std::vector<std::pair<std::string, std::string>> allowed{
      {"src/core/x.cpp", "base/url.hpp"},
      {"src/process/x.cpp", "base/url.hpp"},
      {"src/config/x.cpp", "core/x.hpp"},
      {"src/runtime/x.cpp", "process/slot.hpp"},
      {"src/runtime/x.cpp", "core/store.hpp"},
      {"src/backends/sqlite/x.cpp", "core/store.hpp"},
      {"src/backends/consul/x.cpp", "http/http_client.hpp"},
      {"src/app/x.cpp", "backends/sqlite/x.hpp"},
      {"src/app/x.cpp", "runtime/x.hpp"},
      {"src/cli/x.cpp", "app/x.hpp"},
      {"src/cli/x.cpp", "config/x.hpp"},
      {"src/base/x.cpp", "stint/error.hpp"},
      {"src/core/x_test.cpp", "support/eventually.hpp"},
  };
  for (const auto& [path, target] : allowed) {
    EXPECT_EQ(check_one(path, "#include \"" + target + "\"\n"), "");
  }
}

TEST(IncludeDirection, RefusesEveryOtherDirection) {
  const std::vector<std::pair<std::string, std::string>> refused{
      {"src/core/x.hpp", "runtime/x.hpp"},        {"src/process/x.cpp", "core/x.hpp"},
      {"src/config/x.cpp", "runtime/x.hpp"},      {"src/runtime/x.cpp", "config/x.hpp"},
      {"src/runtime/x.cpp", "backends/x.hpp"},    {"src/backends/sqlite/x.cpp", "runtime/x.hpp"},
      {"src/backends/sqlite/x.cpp", "app/x.hpp"}, {"src/app/x.cpp", "cli/x.hpp"},
      {"src/cli/x.cpp", "backends/sqlite/x.hpp"}, {"src/core/x.cpp", "support/eventually.hpp"},
      {"src/newroom/x.cpp", "base/x.hpp"},        {"src/http/x.cpp", "core/x.hpp"},
  };
  for (const auto& [path, target] : refused) {
    EXPECT_NE(check_one(path, "#include \"" + target + "\"\n"), "") << path << " " << target;
  }
}

TEST(IncludeDirection, RefusesOneBackendInAnother) {
  EXPECT_NE(check_one("src/backends/redis/x.cpp", "#include \"backends/sqlite/x.hpp\"\n"), "");
  EXPECT_EQ(check_one("src/backends/redis/x.cpp", "#include \"backends/redis/y.hpp\"\n"), "");
  EXPECT_EQ(check_one("src/backends/redis/x.cpp", "#include \"backends/pool.hpp\"\n"), "");
}

TEST(IncludeDirection, RefusesPathsThatAreNotFromSrc) {
  EXPECT_NE(check_one("src/base/x.cpp", "#include \"url.hpp\"\n"), "");
  EXPECT_NE(check_one("src/base/x.cpp", "#include \"../base/url.hpp\"\n"), "");
}

TEST(IncludeDirection, KeepsStatementsToTheirBackend) {
  const std::string include = "#include \"stint_generated/sqlite_sql.hpp\"\n";
  EXPECT_EQ(check_one("src/backends/sqlite/x.cpp", include), "");
  EXPECT_NE(check_one("src/backends/postgres/x.cpp", include), "");
  EXPECT_NE(check_one("src/cli/x.cpp", include), "");
  EXPECT_EQ(check_one("src/base/x.cpp", "#include \"stint_generated/version.hpp\"\n"), "");
}

TEST(IncludeDirection, ReadsNoComments) {
  EXPECT_EQ(
      check_one("src/base/x.cpp", "// #include \"core/x.hpp\"\n/*\n#include \"cli/x.hpp\"\n*/"),
      "");
}

TEST(PublicHeaders, RefuseDriversAndTheInside) {
  for (const char* target : {"<libpq-fe.h>", "<sqlite3.h>", "<CLI/CLI.hpp>", "<toml++/toml.h>",
                             "<spdlog/spdlog.h>", "\"base/url.hpp\""}) {
    const Tree tree{{.path = "include/stint/x.hpp", .text = fmt::format("#include {}\n", target)}};
    EXPECT_NE(describe(check_public_headers(tree)), "") << target;
  }
  const Tree tree{{.path = "include/stint/x.hpp",
                   .text = "#include <chrono>\n#include <stint/job.hpp>\n#include <fmt/format.h>\n"
                           "#include <nlohmann/json.hpp>\n#include \"stint/arg.hpp\"\n"}};
  EXPECT_EQ(describe(check_public_headers(tree)), "");
}

TEST(Examples, MayNotReachInside) {
  const auto check = [](const std::string& include) {
    return describe(check_examples({{.path = "examples/x/x.cpp", .text = include}}));
  };
  EXPECT_NE(check("#include \"core/store.hpp\"\n"), "");
  EXPECT_EQ(check("#include <stint/stint.hpp>\n#include \"images.hpp\"\n"), "");
}

}  // namespace
}  // namespace stint::architecture
