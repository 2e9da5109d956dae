// Ten thousand lines that nobody means: every one is taken or refused as wrong usage, by every
// command, and nothing else comes of it.
#include <array>
#include <chrono>
#include <cstdio>
#include <set>
#include <gtest/gtest.h>
#include "base/duration.hpp"
#include "base/time_format.hpp"
#include "cli/choose.hpp"
#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/context.hpp"
#include "cli/enqueue_words.hpp"
#include "cli/failure.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"
#include "support/random_lines.hpp"

namespace stint::cli {
namespace {

using test::RandomLines;

constexpr int kLines = 10'000;
constexpr std::array<std::string_view, 40> kWords = {
    "--",        "-",        "",           "-1",        "--=",     "--=x",
    "-=",        "---",      "--no-",      "--no-json", "--json",  "--json=1",
    "-h",        "--limit",  "-n",         "-n5",       "-n-5",    "--limit=99999999999999999999",
    "42",        "x=1",      "x:=[1,",     "x:={}",     "=",       ":=",
    "a.b",       "\xff\xfe", "--state",    "done,,",    "--since", "1h",
    "--timeout", "-5s",      "--at",       "now",       "+5m",     "9999-99-99",
    "--for",     "running",  "--metadata", "{\"a\":"};

std::vector<std::string> random_line(RandomLines& random) {
  std::vector<std::string> words;
  for (std::size_t left = random.below(8); left > 0; --left) {
    words.push_back(random.one_in(6) ? random.bytes(40)
                                     : random.spoiled(std::string{random.one_of(kWords)}));
  }
  return words;
}

/// The exit code of what the line leads to, 0 where it is taken.
int code_of(const auto& call) {
  try {
    call();
    return 0;
  } catch (...) {
    const Failure failure = describe_failure(std::current_exception(), "stint", "");
    EXPECT_FALSE(failure.message.empty());
    return failure.exit_code;
  }
}

TEST(LineFuzz, EveryCommandTakesALineOrRefusesIt) {
  RandomLines random{test::fuzz_seed()};
  const auto table = command_table();
  std::set<int> codes;
  for (int i = 0; i < kLines; ++i) {
    const CommandEntry& entry = table[random.below(table.size())];
    const std::vector<std::string> words = random_line(random);
    const int code = code_of([&] {
      Context context{"stint", {}};
      const std::unique_ptr<Command> command = entry.make();
      OptionTable options;
      command->declare(options, context, words);
      declare_global_options(options, context.global());
      options.parse(words);
    });
    codes.insert(code);
    ASSERT_TRUE(code == 0 || code == 2)
        << entry.text.name << " line " << i << ", seed " << test::fuzz_seed() << ": "
        << ::testing::PrintToString(words);
  }
  EXPECT_EQ(codes, (std::set<int>{0, 2})) << "both are to happen";
}

TEST(LineFuzz, EveryLineNamesACommandOrNone) {
  RandomLines random{test::fuzz_seed() + 1};
  const auto table = command_table();
  std::vector<std::string> problems;
  const auto registry = Registry::build({}, problems);
  for (int i = 0; i < kLines; ++i) {
    std::vector<std::string> words = random_line(random);
    if (random.one_in(2)) {
      words.insert(words.begin(),
                   random.spoiled(std::string{table[random.below(table.size())].text.name}));
    }
    const int code = code_of([&] { static_cast<void>(choose(*registry, words)); });
    ASSERT_TRUE(code == 0 || code == 2) << ::testing::PrintToString(words);
  }
}

TEST(LineFuzz, CompletionIsNeverPutOut) {
  RandomLines random{test::fuzz_seed() + 2};
  const auto table = command_table();
  for (int i = 0; i < kLines / 5; ++i) {
    std::vector<std::string> words = random_line(random);
    std::string name{table[random.below(table.size())].text.name};
    const std::size_t blank = name.find(' ');
    if (blank != std::string::npos) words.insert(words.begin(), name.substr(blank + 1));
    words.insert(words.begin(), name.substr(0, blank));
    // Not settings, which may be any file of this machine, nor a store.
    std::erase_if(words, [](const std::string& word) {
      return word.starts_with("-s") || word.starts_with("--s");
    });
    Context context{"stint", {}};
    const int code = code_of([&] { static_cast<void>(complete(context, words)); });
    ASSERT_EQ(code, 0) << ::testing::PrintToString(words);
  }
}

TEST(LineFuzz, ArgumentsDurationsAndTimesAreReadOrRefused) {
  RandomLines random{test::fuzz_seed() + 3};
  constexpr std::array<std::string_view, 12> kValues = {"1h30m",
                                                        "P1DT2H",
                                                        "99999999999999d",
                                                        "-1s",
                                                        "0.5",
                                                        "1e400",
                                                        "2026-11-22T10:00:00Z",
                                                        "2026-02-30",
                                                        "2026-11-22 25:61",
                                                        "9223372036854775807ns",
                                                        "PT",
                                                        "1h1h"};
  ArgumentSpec number{.name = "n", .type = ArgumentType::kInteger};
  ArgumentSpec list{.name = "l", .type = ArgumentType::kArray, .element = ArgumentType::kNumber};
  ArgumentSpec any{.name = "x", .type = ArgumentType::kAny};
  const std::vector<ArgumentSpec> specs = {number, list, any};
  for (int i = 0; i < kLines; ++i) {
    const std::string value = random.spoiled(std::string{random.one_of(kValues)});
    static_cast<void>(parse_duration(value));
    static_cast<void>(parse_time(value));
    std::vector<std::string> words = {"n=" + value, "x:=" + value, "l=" + value};
    words.push_back(random.spoiled("l:=[1,2,{\"a\":[]}]"));
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(random.below(words.size())));
    std::erase_if(words, [](const std::string& word) {  // may be any file of this machine
      return word.find('@') != std::string::npos;
    });
    const int code =
        code_of([&] { static_cast<void>(arguments_from_words(specs, words, 1 << 20)); });
    ASSERT_TRUE(code == 0 || code == 2) << ::testing::PrintToString(words);
  }
}

}  // namespace
}  // namespace stint::cli
