// Every example of the documentation does what its page shows. What a page shows in blocks of
// `console` is run from its top to its end, in one shell and one empty folder; a block whose first
// line names a file is that file.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/docs_page.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;

/// The server of pages that need one: the page test has a schema of its own in its place.
constexpr std::string_view kServerOfPages = "postgresql://me@db.example/app";

std::string content_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << text;
}

std::vector<fs::path> pages() {
  const fs::path source = STINT_SOURCE_DIR;
  std::vector<fs::path> found{source / "README.md"};
  for (const auto& entry : fs::directory_iterator{source / "docs"}) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

bool has_console(const fs::path& page) {
  return std::ranges::any_of(docs_blocks(page),
                             [](const DocsBlock& block) { return block.language == "console"; });
}

std::vector<fs::path> pages_with_console() {
  std::vector<fs::path> found = pages();
  std::erase_if(found, [](const fs::path& page) { return !has_console(page); });
  return found;
}

std::string page_name(const ::testing::TestParamInfo<fs::path>& page) {
  std::string name = page.param.stem().string();
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

/// A shell script that runs a page: each command from a file, its output into another.
class PageRun {
 public:
  PageRun() : home_(folder_.path() / "home"), work_(folder_.path() / "work") {
    fs::create_directories(home_);
    fs::create_directories(work_);
  }

  void add_file(const DocsBlock& block) {
    std::string text;
    for (const std::string& line : block.lines) text += line + "\n";
    const fs::path kept = folder_.path() / fmt::format("file{}", files_++);
    write_file(kept, text);
    script_ += fmt::format("mkdir -p \"$(dirname '{0}/{1}')\" && cp '{2}' '{0}/{1}'\n",
                           work_.string(), block.file, kept.string());
  }

  void add_command(const std::string& command) {
    const std::string base = (folder_.path() / fmt::format("command{}", commands_++)).string();
    write_file(base, command + "\n");
    script_ += fmt::format("source '{0}' >'{0}.out' 2>'{0}.err' </dev/null\n", base);
  }

  ProcessResult run() const {
    // What a page leaves running ends with it.
    const std::string whole =
        "trap 'running=$(jobs -p); [ -z \"$running\" ] || { kill $running; wait; }' EXIT\n" +
        script_;
    const std::string path = std::string{STINT_BIN_DIR} + ":" + std::getenv("PATH");
    return run_process({.program = "/bin/bash",
                        .arguments = {"-c", whole},
                        .environment = {{"HOME", home_.string()},
                                        {"XDG_STATE_HOME", (home_ / ".local/state").string()},
                                        {"PATH", path},
                                        {"LANG", "C.UTF-8"}},
                        .folder = work_.string()});
  }

  /// `stream`: "out" or "err".
  std::vector<std::string> output(int command, std::string_view stream) const {
    return lines_of(content_of(folder_.path() / fmt::format("command{}.{}", command, stream)));
  }

 private:
  TemporaryFolder folder_;
  fs::path home_;
  fs::path work_;
  std::string script_;
  int files_ = 0;
  int commands_ = 0;
};

class DocsPage : public ::testing::TestWithParam<fs::path> {};

bool replace_server(std::string& command, StorePlace* place) {
  const std::size_t at = command.find(kServerOfPages);
  if (at == std::string::npos) return true;
  if (place == nullptr) return false;
  command.replace(at, kServerOfPages.size(), fmt::format("'{}'", place->url()));
  return replace_server(command, place);
}

TEST_P(DocsPage, ShowsWhatHappens) {
  std::string missing;
  const auto place = make_store_place("postgres", missing);
  PageRun page;
  std::vector<DocsCommand> commands;
  for (const DocsBlock& block : docs_blocks(GetParam())) {
    if (!block.file.empty()) page.add_file(block);
    if (block.language != "console") continue;
    for (const DocsCommand& command : docs_commands(block)) {
      std::string line = command.command;
      if (!replace_server(line, place.get())) {
        ASSERT_FALSE(is_required("postgres")) << missing;
        GTEST_SKIP() << missing;
      }
      page.add_command(line);
      commands.push_back(command);
    }
  }
  const ProcessResult result = page.run();
  ASSERT_FALSE(result.timed_out) << result.out << result.err;
  const std::string name = GetParam().filename().string();
  for (int at = 0; const DocsCommand& command : commands) {
    const std::vector<std::string> results = page.output(at, "out");
    std::vector<std::string> printed = page.output(at++, "err");
    printed.insert(printed.end(), results.begin(), results.end());
    // A page shows the results alone, or all that a terminal would show.
    EXPECT_TRUE(matches_docs(command.output, results) || matches_docs(command.output, printed))
        << name << ":" << command.line << ": $ " << command.command << "\nshows\n"
        << fmt::format("{}", fmt::join(command.output, "\n")) << "\nprints\n"
        << fmt::format("{}", fmt::join(printed, "\n"));
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, DocsPage, ::testing::ValuesIn(pages_with_console()), page_name);

/// The paragraphs of a text, without the spaces at both ends of their lines.
std::vector<std::string> paragraphs(const std::vector<std::string>& lines) {
  std::vector<std::string> found{""};
  for (const std::string& line : lines) {
    const std::size_t from = line.find_first_not_of(' ');
    if (from == std::string::npos) {
      found.emplace_back();
    } else {
      found.back() += line.substr(from, line.find_last_not_of(' ') + 1 - from) + "\n";
    }
  }
  return found;
}

TEST(DocsCode, OfEachPageIsInAProgramThatIsBuilt) {
  std::string built;
  for (const char* const folder : {"examples", "tests/docs"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator{fs::path{STINT_SOURCE_DIR} / folder}) {
      if (!entry.is_regular_file()) continue;
      for (const std::string& one : paragraphs(lines_of(content_of(entry.path())))) {
        built += one + "\n";
      }
    }
  }
  for (const fs::path& page : pages()) {
    for (const DocsBlock& block : docs_blocks(page)) {
      if (block.language != "cpp") continue;
      for (const std::string& one : paragraphs(block.lines)) {
        EXPECT_NE(built.find(one), std::string::npos)
            << page.filename().string() << ":" << block.line
            << ": neither examples/ nor tests/docs/ "
            << "has\n"
            << one;
      }
    }
  }
}

TEST(DocsPages, MatchOutputByTheirMarks) {
  EXPECT_TRUE(matches_docs({"a", "b"}, {"a", "b", ""}));
  EXPECT_FALSE(matches_docs({"a"}, {"a", "b"}));
  EXPECT_FALSE(matches_docs({}, {"a"}));
  EXPECT_TRUE(matches_docs({"a", "..."}, {"a"}));
  EXPECT_TRUE(matches_docs({"...", "z"}, {"a", "b", "z"}));
  EXPECT_FALSE(matches_docs({"...", "z"}, {"a", "b"}));
  EXPECT_TRUE(matches_docs({"took … ms"}, {"took 12 ms"}));
  EXPECT_FALSE(matches_docs({"took … ms"}, {"took 12 s"}));
  EXPECT_TRUE(matches_docs({"2026-11-22T09:30:00.142Z x"}, {"2027-01-02T00:00:00Z x"}));
}

TEST(DocsPages, TakeConsoleBlocksApart) {
  const DocsBlock block{.language = "console",
                        .file = {},
                        .line = 10,
                        .lines = {"$ cat <<X", "> a", "> X", "a", "$ true"}};
  const std::vector<DocsCommand> commands = docs_commands(block);
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(commands[0].command, "cat <<X\na\nX");
  EXPECT_THAT(commands[0].output, ::testing::ElementsAre("a"));
  EXPECT_EQ(commands[1].line, 14);
  EXPECT_THROW(docs_commands({.language = "console", .file = {}, .line = 1, .lines = {"a"}}),
               std::runtime_error);
}

}  // namespace
}  // namespace stint::test
