// The texts of --help, and command lines that name no command.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The program itself says which there are; `CommandsAreFound` sees that this is not nothing.
const std::vector<std::string>& command_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> found;
    for (const std::string& line : lines_of(Program{"stint"}.output({"help", "--json"}))) {
      found.push_back(json::parse(line).at("name"));
    }
    return found;
  }();
  return names;
}

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream stream{command};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

TEST(Help, CommandsAreFound) {
  EXPECT_THAT(command_names(), ::testing::IsSupersetOf({"run", "enqueue", "job list", "worker run",
                                                        "db init", "completion", "help"}));
}

TEST(Help, ListsEveryCommandInOrder) {
  const Program stint{"stint"};
  const std::string help = stint.output({"--help"});
  std::size_t last = 0;
  for (const std::string& name : command_names()) {
    const std::size_t at = help.find("\n  " + name + " ");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(at, last) << name;
    last = at;
  }
}

TEST(Help, ListsTheProgramsOwnCommandsFirst) {
  const Program program{"test_tasks"};
  const std::string help = program.output({"--help"});
  EXPECT_LT(help.find("\n  greet "), help.find("\n  run "));
  EXPECT_THAT(program.output({"greet", "--help"}), HasSubstr("Greets."));
}

TEST(Help, ExplainsEveryCommandWithOptionsExamplesAndExitCodes) {
  const Program stint{"stint"};
  for (const std::string& name : command_names()) {
    std::vector<std::string> words = words_of(name);
    words.emplace_back("--help");
    const std::string help = stint.output(words);
    EXPECT_THAT(help, StartsWith("Usage: stint " + name)) << name;
    for (const char* part : {"\nExamples\n", "\nExit codes\n", "--store URL|NAME", "  78  "}) {
      EXPECT_THAT(help, HasSubstr(part)) << name;
    }
    for (const std::string& line : lines_of(help)) EXPECT_LE(line.size(), 110U) << line;
  }
}

TEST(Help, OfRunNamesTheTasksOwnArguments) {
  const Program program{"test_tasks"};
  const std::string help = program.output({"run", "t.echo", "--help"});
  EXPECT_THAT(help, HasSubstr("-t, --text TEXT"));
  EXPECT_THAT(help, HasSubstr("any text"));
  EXPECT_THAT(help, HasSubstr("--loud, --no-loud"));
  EXPECT_THAT(help, HasSubstr("one of low, high"));
  EXPECT_THAT(help, HasSubstr("[default: low]"));
}

TEST(Help, OfEnqueueNamesTheTasksOwnArguments) {
  const Program program{"test_tasks"};
  const std::string help = program.output({"enqueue", "t.echo", "--help"});
  EXPECT_THAT(help, HasSubstr("\nArguments of t.echo\n"));
  EXPECT_THAT(help, HasSubstr("  text=TEXT "));
  EXPECT_THAT(help, HasSubstr("any text"));
  EXPECT_THAT(help, HasSubstr("  loud=true|false "));
  EXPECT_THAT(help, HasSubstr("one of low, high [default: low]"));
  EXPECT_THAT(help, HasSubstr("  sizes=N "));
  EXPECT_THAT(program.output({"enqueue", "--help", "t.bytes"}), HasSubstr("  data=@FILE "));
  EXPECT_EQ(program.output({"help", "enqueue", "t.echo"}), help);
  EXPECT_THAT(program.output({"enqueue", "--help"}), Not(HasSubstr("Arguments of")));
}

TEST(Help, OfEnqueueKnowsTasksOfTheStoreAndMakesNone) {
  const Program stint{"stint"};
  ProcessResult result = stint.run({"enqueue", "t.echo", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("Usage: stint enqueue"));
  EXPECT_THAT(result.err, HasSubstr("so the task's own arguments are not shown"));
  EXPECT_FALSE(std::filesystem::exists(stint.folder() + "/state"));

  const Program program{"test_tasks"};
  const std::string store = "sqlite:" + program.folder() + "/a.db";
  program.output({"task", "register", "--store", store});
  EXPECT_THAT(stint.output({"enqueue", "--store", store, "t.echo", "--help"}),
              HasSubstr("one of low, high [default: low]"));
  result = stint.run({"enqueue", "t.ecko", "--store", store, "-h"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("there is no task \"t.ecko\" (did you mean \"t.echo\"?)"));
  stint.write_file("stint.toml", "a = \n");
  result = stint.run({"enqueue", "t.echo", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("Usage: stint enqueue"));
  EXPECT_THAT(result.err, HasSubstr("stint.toml:1"));
}

TEST(Help, OfAGroupListsItsCommands) {
  const Program stint{"stint"};
  const std::string help = stint.output({"job", "--help"});
  EXPECT_THAT(help, HasSubstr("job wait"));
  EXPECT_THAT(help, Not(HasSubstr("db init")));
  EXPECT_EQ(stint.output({"help", "job", "wait"}), stint.output({"job", "wait", "--help"}));
}

TEST(Help, HasNoColoursWhereItIsPiped) {
  const Program stint{"stint"};
  EXPECT_THAT(stint.output({"--help"}), Not(HasSubstr("\x1b")));
}

TEST(Help, IsFittedToTheTerminal) {
  const Program stint{"stint"};
  ProcessOptions options = stint.options({"db", "vacuum", "--help"});
  options.terminal_columns = 70;
  const ProcessResult result = run_process(options);
  EXPECT_THAT(result.out, HasSubstr("\x1b[1mUsage:\x1b[0m"));
  for (const std::string& line : lines_of(result.out)) {
    if (line.find('\x1b') != std::string::npos) continue;
    EXPECT_LE(line.size(), 71U) << line;  // the terminal adds a carriage return
  }
}

TEST(Version, IsPrinted) {
  const Program stint{"stint"};
  EXPECT_THAT(stint.output({"--version"}),
              ::testing::MatchesRegex("stint [0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(CommandLine, RefusesUnknownCommandsWithTheNearestName) {
  const Program stint{"stint"};
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"enqeue", "x"}, "unknown command \"enqeue\" (did you mean \"enqueue\"?)"},
      {{"job", "lst"}, "unknown command \"job lst\" (did you mean \"list\"?)"},
      {{"--jsn"}, "unknown option --jsn (did you mean \"--json\"?)"},
      {{"job", "list", "--limt", "5"}, "unknown option --limt (did you mean \"--limit\"?)"},
      {{"xyzzy"}, "unknown command \"xyzzy\""},
  };
  for (const auto& [words, message] : cases) {
    const ProcessResult result = stint.run(words);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(std::string{"stint: error: "} + message));
    EXPECT_EQ(result.out, "");
  }
}

TEST(CommandLine, ShowsTheCommandsWhereNoneIsGiven) {
  const Program stint{"stint"};
  for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"job"}, {"--json"}}) {
    const ProcessResult result = stint.run(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("job wait"));
  }
}

TEST(CommandLine, TakesOptionsOfAllCommandsAnywhere) {
  const Program stint{"stint"};
  const std::string store = "sqlite:" + stint.folder() + "/a.db";
  const std::string status = stint.output({"db", "status", "--json", "--store", store});
  EXPECT_THAT(status, HasSubstr("a.db"));
  EXPECT_THAT(stint.output({"--store", store, "--json", "db", "status"}), HasSubstr("a.db"));
  EXPECT_THAT(stint.output({"db", "--store=" + store, "status", "--json"}), HasSubstr("a.db"));
}

TEST(CommandLine, IsDocumentedAsTheHelpSays) {
  const Program stint{"stint"};
  std::ifstream file{std::string{STINT_SOURCE_DIR} + "/docs/command-line.md"};
  std::stringstream text;
  text << file.rdbuf();
  const std::string docs = text.str();
  ASSERT_FALSE(docs.empty());
  for (const std::string& name : command_names()) {
    std::vector<std::string> words = words_of(name);
    words.emplace_back("--help");
    const std::string help = stint.output(words);
    // The part that is the same for every command stands in the document once.
    const std::size_t start = help.find("\nOptions of every command\n");
    const std::size_t end = help.find("\nExamples\n");
    ASSERT_NE(end, std::string::npos);
    const std::string own = help.substr(0, start) + help.substr(end);
    EXPECT_THAT(docs, HasSubstr("```\n" + own + "\n```\n")) << name;
    EXPECT_THAT(docs, HasSubstr(help.substr(start + 1, end - start - 1))) << name;
  }
}

}  // namespace
}  // namespace stint::test
