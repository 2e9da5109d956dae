// Every command with lines, stores, settings and surroundings that are wrong: a documented code, a
// message that names the thing, never a crash.
#include <fcntl.h>
#include <unistd.h>
#include <filesystem>
#include <regex>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "cli/terminal.hpp"
#include "support/help_listing.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int kDefect = 70;

/// Commands that work without the store, or speak to other servers; `doctor` reports it as a
/// finding.
bool needs_store(const ListedCommand& command) {
  static const std::set<std::string> others = {
      "run",       "lock status",    "lock release", "lock plan", "task list",
      "task show", "check-liveness", "worker run",   "bench",     "doctor"};
  return command.uses_store && !others.contains(command.name);
}

/// What takes its time even at its smallest meets fewer surroundings.
bool is_slow(const ListedCommand& command) { return command.name == "bench"; }

std::vector<std::string> with(std::vector<std::string> words,
                              std::initializer_list<std::string> more) {
  words.insert(words.end(), more);
  return words;
}

std::string without_colors(const std::string& text) {
  static const std::regex codes{"\x1b\\[[0-9;]*m"};
  return std::regex_replace(text, codes, "");
}

/// Closes the descriptor with itself.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

class BadLine : public ::testing::Test {
 protected:
  BadLine() {
    std::string lines;
    for (int i = 0; i < 45; ++i) lines += "{\"path\": \"a.png\"}\n";
    program_.write_file("jobs.jsonl", lines);
    program_.output({"enqueue", "images.resize", "--from", "jobs.jsonl"});
    program_.output({"worker", "run", "--drain"});
    fs::copy(state(), kept(), fs::copy_options::recursive);
  }
  fs::path state() const { return fs::path{program_.folder()} / "state"; }
  fs::path kept() const { return fs::path{program_.folder()} / "kept"; }
  void renew_store() const {
    fs::remove_all(state());
    fs::copy(kept(), state(), fs::copy_options::recursive);
  }

  /// Run a line that is wrong; the message names the program and holds `part`.
  void expect_refused(const std::vector<std::string>& words, int code,
                      const std::string& part) const {
    const ProcessResult result = program_.run(words);
    EXPECT_EQ(result.exit_code, code) << ::testing::PrintToString(words) << result.err;
    EXPECT_THAT(result.err, StartsWith("example_tasks: error: "));
    EXPECT_THAT(result.err, HasSubstr(part)) << ::testing::PrintToString(words);
  }

  /// Run a fair line in surroundings that are not; it may fail, but as it is documented.
  ProcessResult run_strangely(const ListedCommand& command, const ProcessOptions& options) const {
    renew_store();
    ProcessResult result = run_process(options);
    EXPECT_FALSE(result.timed_out) << command.name;
    EXPECT_EQ(result.signal, 0) << command.name;
    EXPECT_NE(result.exit_code, kDefect) << command.name << result.err;
    EXPECT_TRUE(command.exit_codes.contains(result.exit_code))
        << command.name << " " << result.exit_code << result.err;
    return result;
  }

  Program program_{"example_tasks"};
};

TEST_F(BadLine, LacksArgumentsHasTooManyOrUnknownOptions) {
  for (const ListedCommand& command : listed_commands()) {
    SCOPED_TRACE(command.name);
    const bool needs_one =
        std::ranges::any_of(command.arguments, [](const auto& one) { return one.is_required; });
    if (needs_one) expect_refused(words_of(command.name), 2, "missing: ");
    if (command.arguments.empty() || !command.arguments.back().repeats) {
      expect_refused(with(fair_line(command), {"more", "and", "more"}), 2, "one value too many");
    }
    expect_refused(with(fair_line(command), {"--jsn"}), 2, "did you mean \"--json\"?");
    expect_refused(with(fair_line(command), {"--json=yes"}), 2, "--json takes no value");
  }
}

TEST_F(BadLine, NamesNoJob) {
  int tried = 0;
  for (const ListedCommand& command : listed_commands()) {
    if (!command.has_argument("ID") && !command.has_argument("JOB")) continue;
    expect_refused(with(words_of(command.name), {"999999"}), 3, "999999");
    for (const char* text : {"x7", "0", "4.5", "99999999999999999999", ""}) {
      expect_refused(with(words_of(command.name), {text}), 2, fmt::format("\"{}\"", text));
    }
    ++tried;
  }
  EXPECT_GE(tried, 5);
}

TEST_F(BadLine, MeetsAStoreThatIsNotThere) {
  const std::pair<const char*, int> stores[] = {{"postgresql://127.0.0.1:1/app", 69},
                                                {"sqlite:/proc/a.db", 69},
                                                {"sqlite:/nope/a.db", 78},
                                                {"ftp://host/a", 78},
                                                {"nosuchname", 78}};
  for (const ListedCommand& command : listed_commands()) {
    if (!needs_store(command)) continue;
    for (const auto& [url, code] : stores) {
      SCOPED_TRACE(url);
      expect_refused(with(fair_line(command), {"--store", url}), code, "");
    }
  }
}

TEST_F(BadLine, MeetsSettingsThatCannotBeRead) {
  program_.write_file("broken.toml", "a = \n");
  program_.write_file("wrong.toml", "[worker]\nslots = \"many\"\n");
  fs::create_directory(program_.folder() + "/folder.toml");
  for (const ListedCommand& command : listed_commands()) {
    // These read none, and `doctor` reports it as a finding.
    if (std::set<std::string>{"help", "completion", "lock plan", "doctor"}.contains(command.name)) {
      continue;
    }
    for (const char* file :
         {"missing.toml", "broken.toml", "wrong.toml", "folder.toml", "/proc/self/mem"}) {
      expect_refused(with(fair_line(command), {"-s", file}), 78, file);
    }
  }
}

TEST_F(BadLine, HasAReaderThatIsGone) {
  for (const ListedCommand& command : listed_commands()) {
    if (is_slow(command)) continue;
    const ProcessResult usual = run_strangely(command, program_.options(fair_line(command)));
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const OpenFile writer{ends[1]};
    ::close(ends[0]);
    ProcessOptions options = program_.options(fair_line(command));
    options.output_descriptor = writer.get();
    const ProcessResult result = run_strangely(command, options);
    EXPECT_EQ(result.exit_code, usual.exit_code) << command.name << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("standard output"))) << command.name;
  }
}

TEST_F(BadLine, WritesToAFullDisk) {
  int failed = 0;
  for (const ListedCommand& command : listed_commands()) {
    if (is_slow(command)) continue;
    renew_store();
    const ProcessResult usual = program_.run(fair_line(command));
    if (usual.exit_code != 0 || usual.out.empty()) continue;
    renew_store();
    const OpenFile full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    ProcessOptions options = program_.options(fair_line(command));
    options.output_descriptor = full.get();
    const ProcessResult result = run_process(options);
    EXPECT_NE(result.exit_code, 0) << command.name;
    EXPECT_THAT(result.err, HasSubstr("No space left on device")) << command.name;
    ++failed;
  }
  EXPECT_GE(failed, 15);
}

TEST_F(BadLine, HasClosedDescriptors) {
  for (const ListedCommand& command : listed_commands()) {
    if (is_slow(command)) continue;
    std::string line;
    for (const std::string& word : fair_line(command)) line += " " + word;
    for (const char* closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
      SCOPED_TRACE(command.name + " " + closed);
      renew_store();
      ProcessOptions options = program_.options(fair_line(command));
      options.arguments = {"-c", fmt::format("exec '{}'{} {}", options.program, line, closed)};
      options.program = "/bin/bash";
      const ProcessResult result = run_process(options);
      EXPECT_EQ(result.signal, 0);
      EXPECT_FALSE(result.timed_out);
      EXPECT_NE(result.exit_code, 2) << result.err;
    }
  }
  // Nothing was written into a file that had been given the number of standard output.
  renew_store();
  EXPECT_THAT(program_.output({"job", "show", "42", "--json"}), HasSubstr("\"id\":42"));
}

TEST_F(BadLine, HasATerminalOf40Columns) {
  for (const ListedCommand& command : listed_commands()) {
    for (const bool is_help : {true, false}) {
      // What is no table may be one long line: a number of bytes, a path.
      const bool is_table = command.name.ends_with(" list") || command.name == "settings show" ||
                            command.name == "db status";
      if (!is_help && !is_table) continue;
      std::vector<std::string> words = is_help ? words_of(command.name) : fair_line(command);
      if (is_help) words.emplace_back("--help");
      ProcessOptions options = program_.options(words);
      options.terminal_columns = 40;
      const ProcessResult result = run_process(options);
      EXPECT_EQ(result.exit_code, 0) << command.name;
      for (std::string line : lines_of(without_colors(result.out))) {
        if (line.ends_with('\r')) line.pop_back();
        const std::string word = words_of(line).empty() ? "" : words_of(line).front();
        if (cli::display_width(word) > 30) continue;  // a path cannot be broken
        EXPECT_LE(cli::display_width(line), 40U) << command.name << ": " << line;
      }
    }
  }
}

TEST_F(BadLine, WantsNoColors) {
  for (const ListedCommand& command : listed_commands()) {
    const std::vector<std::string> help = with(words_of(command.name), {"--help"});
    ProcessOptions options = program_.options(help);
    options.terminal_columns = 80;
    EXPECT_THAT(run_process(options).out, HasSubstr("\x1b[1m")) << command.name;
    options.environment["NO_COLOR"] = "1";
    EXPECT_THAT(run_process(options).out, Not(HasSubstr("\x1b"))) << command.name;
  }
  for (const char* way : {"--no-color", "NO_COLOR", "TERM"}) {
    for (const char* line : {"job list", "job show 42", "--help", "worker list"}) {
      ProcessOptions options = program_.options(words_of(line));
      options.terminal_columns = 80;
      if (*way == '-') {
        options.arguments.emplace_back(way);
      } else {
        options.environment[way] = "dumb";
      }
      EXPECT_THAT(run_process(options).out, Not(HasSubstr("\x1b"))) << way << " " << line;
    }
  }
}

TEST_F(BadLine, HasNoHome) {
  for (const ListedCommand& command : listed_commands()) {
    ProcessOptions options = program_.options(fair_line(command));
    options.environment.erase("HOME");
    options.environment.erase("XDG_STATE_HOME");
    const ProcessResult without = run_strangely(command, options);
    if (without.exit_code == 78 && needs_store(command)) {
      EXPECT_THAT(without.err, HasSubstr("STINT_STORE")) << command.name;
    }
    // Nothing can be made there, not by root either.
    options.environment["HOME"] = "/proc";
    const ProcessResult unwritable = run_strangely(command, options);
    if (needs_store(command)) {
      EXPECT_THAT(unwritable.exit_code, AnyOf(69, 78)) << command.name;
      EXPECT_THAT(unwritable.err, HasSubstr("/proc")) << command.name;
    }
  }
}

TEST_F(BadLine, HasAnotherLanguage) {
  program_.output({"enqueue", "hello.world", "name=Gr\xc3\xbc\xc3\x9f"});
  const std::string usual = program_.output({"job", "list", "--json"});
  for (const char* language : {"C", "tr_TR.UTF-8", "no_such"}) {
    ProcessOptions options = program_.options({"job", "list", "--json"});
    options.environment["LC_ALL"] = language;
    options.environment["LANG"] = language;
    const ProcessResult result = run_process(options);
    EXPECT_EQ(result.exit_code, 0) << language;
    EXPECT_EQ(result.out, usual + "\n") << language;
  }
}

}  // namespace
}  // namespace stint::test
