// Settings that nobody means, as a file and as variables: read, or refused with a list of problems
// that can be shown, and nothing else.
#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include "base/utf8.hpp"
#include "stint/error.hpp"
#include "support/random_lines.hpp"
#include "support/settings_loading.hpp"

namespace stint {
namespace {

constexpr std::string_view kFile = R"(run_once = true
[stores]
default = "sqlite:a.db"
archive = "postgresql://ann:secret@host/db"
[worker]
slots = 3
lease = "30s"
domains = ["mail=10", "bulk"]
[logging]
level = "debug"
levels = { worker = "info", "a.b" = "error" }
[limits]
max_log = 1_000_000
[one_instance]
backend = "flock"
[tasks."backup.nightly"]
command = ["/bin/tar", "-c", "{path}"]
timeout = "1h"
)";

void expect_fit_to_be_shown(const std::vector<std::string>& problems, const std::string& input) {
  for (const std::string& problem : problems) {
    ASSERT_FALSE(problem.empty()) << input;
    ASSERT_EQ(sanitize_text(problem), problem)
        << "no UTF-8, of " << ::testing::PrintToString(input);
    ASSERT_EQ(problem.find("secret@"), std::string::npos) << "a password is shown: " << problem;
  }
}

TEST(SettingsFuzz, EveryFileIsReadOrRefused) {
  test::RandomLines random{test::fuzz_seed()};
  int refused = 0;
  const int count = test::fuzz_count(2'000, 10'000);
  for (int i = 0; i < count; ++i) {
    const std::string text =
        random.one_in(10) ? random.bytes(200) : random.spoiled(random.spoiled(std::string{kFile}));
    const std::vector<std::string> problems = testing::problems_of(text);
    refused += problems.empty() ? 0 : 1;
    // Of a broken password's line, anything may be left.
    if (text.find("postgresql://ann:secret@host/db\"") != std::string::npos) {
      expect_fit_to_be_shown(problems, text);
    }
  }
  EXPECT_GT(refused, count / 10);
  EXPECT_LT(refused, count);
}

TEST(SettingsFuzz, EveryVariableIsReadOrRefused) {
  test::RandomLines random{test::fuzz_seed() + 1};
  constexpr std::array<std::string_view, 10> kNames = {
      "STINT_WORKER_SLOTS",        "STINT_STORE",        "STINT_LOGGING_LEVEL",
      "STINT_WORKER_DOMAINS",      "STINT_RUN_ONCE",     "STINT_STORES_X",
      "STINT_LIMITS_MAX_LOG",      "STINT_WORKER_LEASE", "STINT_LOGGING_LEVELS",
      "STINT_ONE_INSTANCE_BACKEND"};
  constexpr std::array<std::string_view, 8> kValues = {
      "3", "true", "30s", "[\"a\"]", "{\"worker\": \"debug\"}", "sqlite:a.db", "1e99", "flock"};
  int refused = 0;
  const int count = test::fuzz_count(2'000, 10'000);
  for (int i = 0; i < count; ++i) {
    testing::Variables variables;
    for (std::size_t left = 1 + random.below(4); left > 0; --left) {
      std::string name{random.one_of(kNames)};
      if (random.one_in(4)) name = random.spoiled(name);
      std::string value = random.spoiled(std::string{random.one_of(kValues)});
      // An environment holds neither.
      std::erase(name, '\0');
      std::erase(name, '=');
      std::erase(value, '\0');
      variables[name] = value;
    }
    const std::vector<std::string> problems = testing::problems_of("", variables);
    refused += problems.empty() ? 0 : 1;
    expect_fit_to_be_shown(problems, ::testing::PrintToString(variables));
  }
  EXPECT_GT(refused, count / 10);
  EXPECT_LT(refused, count);
}

}  // namespace
}  // namespace stint
