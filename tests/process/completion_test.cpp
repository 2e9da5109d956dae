// Completion as a real bash does it: the script is loaded and its function called with the words as
// readline splits them.
#include <filesystem>
#include <sstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

/// Split as readline does: at blanks, and around each run of =, : and @.
std::vector<std::string> readline_words(const std::string& line) {
  std::vector<std::string> words;
  bool is_open = false;
  bool is_break = false;
  for (const char c : line) {
    if (c == ' ') {
      is_open = false;
      continue;
    }
    const bool breaks = c == '=' || c == ':' || c == '@';
    if (!is_open || breaks != is_break) words.emplace_back();
    words.back() += c;
    is_open = true;
    is_break = breaks;
  }
  if (!is_open || is_break) words.emplace_back();  // the cursor is behind a blank or a break
  return words;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return result + "'";
}

class Completion : public ::testing::Test {
 protected:
  /// What bash offers at the end of this line of the program.
  std::vector<std::string> offered(const Program& program, const std::string& line) const {
    const std::vector<std::string> words = readline_words(line);
    const ProcessOptions own = program.options({});
    const std::string name = std::filesystem::path{own.program}.filename().string();
    std::ostringstream script;
    script << "PATH=" << quoted(std::filesystem::path{own.program}.parent_path().string())
           << ":$PATH\nsource <(" << name << " completion bash)\nCOMP_WORDS=(";
    for (const std::string& word : words) script << quoted(word) << ' ';
    script << ")\nCOMP_CWORD=" << words.size() - 1 << "\nCOMP_LINE=" << quoted(line)
           << "\nCOMP_POINT=${#COMP_LINE}\ncompletes=$(complete -p " << name << ")\n"
           << "function=${completes#*-F }\nfunction=${function%% *}\n\"$function\"\n"
           << "((${#COMPREPLY[@]})) && printf '%s\\n' \"${COMPREPLY[@]}\"\ntrue\n";
    ProcessOptions options = own;
    options.program = "/bin/bash";
    options.arguments = {"--norc", "-c", script.str()};
    const ProcessResult result = run_process(options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err, "") << line;
    return lines_of(result.out);
  }
  std::vector<std::string> offered(const std::string& line) const { return offered(stint_, line); }
  Program stint_{"stint"};
};

TEST_F(Completion, OffersCommands) {
  EXPECT_THAT(offered("stint "), IsSupersetOf({"run", "enqueue", "job", "completion", "help"}));
  EXPECT_THAT(offered("stint enq"), ElementsAre("enqueue"));
  EXPECT_THAT(offered("stint job l"), IsSupersetOf({"list", "logs"}));
  EXPECT_THAT(offered("stint --json job wa"), ElementsAre("wait"));
  EXPECT_THAT(offered("stint help settings c"), ElementsAre("check"));
  EXPECT_THAT(offered("stint nosuch "), IsEmpty());
}

TEST_F(Completion, OffersOptionsThatAreNotGivenYet) {
  EXPECT_THAT(offered("stint job list --li"), ElementsAre("--limit"));
  EXPECT_THAT(offered("stint job list --limit 5 --"),
              AllOf(Contains("--state"), Contains("--store"), Not(Contains("--limit"))));
  EXPECT_THAT(offered("stint run --no-k"), ElementsAre("--no-keep-lock"));
  EXPECT_THAT(offered("stint --vers"), ElementsAre("--version"));
}

TEST_F(Completion, OffersTheChoicesOfAValue) {
  EXPECT_THAT(offered("stint job wait 1 --for "), ElementsAre("running", "finished"));
  EXPECT_THAT(offered("stint job wait 1 --for=f"), ElementsAre("finished"));
  EXPECT_THAT(offered("stint job list --state failed,ab"),
              ElementsAre("failed\\,aborting", "failed\\,aborted"));
  EXPECT_THAT(offered("stint --log-level w"), ElementsAre("warning"));
  EXPECT_THAT(offered("stint worker run --isolation "), ElementsAre("thread", "process"));
  EXPECT_THAT(offered("stint db grant w"), ElementsAre("worker"));
  EXPECT_THAT(offered("stint settings show logging.le"), Contains("logging.level"));
}

TEST_F(Completion, OffersFilesWhereAFileIsMeant) {
  stint_.write_file("jobs.jsonl", "");
  stint_.write_file("other.toml", "");
  EXPECT_THAT(offered("stint enqueue a.b --from jo"), ElementsAre("jobs.jsonl"));
  EXPECT_THAT(offered("stint -s ot"), ElementsAre("other.toml"));
  // Readline replaces what stands behind its last break.
  EXPECT_THAT(offered("stint --settings=ot"), ElementsAre("other.toml"));
  EXPECT_THAT(offered("stint enqueue a.b text=@jo"), ElementsAre("jobs.jsonl"));
  EXPECT_THAT(offered("stint --store sqlite:jo"), ElementsAre("jobs.jsonl"));
  EXPECT_THAT(offered("stint --store sq"), ElementsAre("sqlite:"));
}

TEST_F(Completion, OffersTasksArgumentsAndJobsOfAStore) {
  const Program program{"test_tasks"};
  EXPECT_THAT(offered(program, "test_tasks run t.d"), ElementsAre("t.die", "t.double"));
  EXPECT_THAT(offered(program, "test_tasks run t.echo --lev"), ElementsAre("--level"));
  EXPECT_THAT(offered(program, "test_tasks run t.echo --level "), ElementsAre("low", "high"));
  EXPECT_THAT(offered(program, "test_tasks enqueue t.echo te"), ElementsAre("text="));
  EXPECT_THAT(offered(program, "test_tasks enqueue t.echo level=h"), ElementsAre("high"));
  EXPECT_THAT(offered(program, "test_tasks job show "), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(program.folder() + "/state")) << "a look made a store";

  program.output({"task", "register"});
  const std::string id = program.output({"enqueue", "t.double", "a=1"});
  EXPECT_THAT(offered(program, "test_tasks job show "), ElementsAre(id));
  EXPECT_THAT(offered(program, "test_tasks job abort "), ElementsAre(id));
  program.output({"job", "abort", id});
  EXPECT_THAT(offered(program, "test_tasks job abort "), IsEmpty());

  // A program without these tasks knows what workers have registered.
  stint_.set("STINT_STORE", "sqlite:" + program.folder() + "/state/stint/jobs.db");
  EXPECT_THAT(offered("stint enqueue t.d"), ElementsAre("t.die", "t.double"));
  EXPECT_THAT(offered("stint enqueue t.double "), ElementsAre("a="));
}

TEST_F(Completion, OffersAProgramsOwnCommandsByItsOwnName) {
  const Program program{"test_tasks"};
  EXPECT_THAT(offered(program, "test_tasks gr"), ElementsAre("greet"));
  EXPECT_THAT(offered(program, "test_tasks greet --lou"), ElementsAre("--loud"));
}

TEST_F(Completion, IsSilentWhateverIsWrong) {
  stint_.write_file("stint.toml", "no = [settings");
  EXPECT_THAT(offered("stint settings sh"), ElementsAre("show"));
  EXPECT_THAT(offered("stint settings show wo"), IsEmpty());
  EXPECT_THAT(offered("stint enqueue x"), IsEmpty());
  stint_.write_file("stint.toml", "");
  // An address that swallows every packet: nothing answers, and Tab may not hang.
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(offered("stint --store postgresql://192.0.2.1/x job show "), IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

TEST_F(Completion, ScriptsNameTheProgram) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = Program{"test_tasks"}.output({"completion", shell});
    EXPECT_THAT(script, HasSubstr("test_tasks completion")) << shell;
    EXPECT_THAT(script, AllOf(Not(HasSubstr("@PROGRAM")), Not(HasSubstr("@FUNCTION")))) << shell;
  }
  const ProcessResult result = stint_.run({"completion", "bsh"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("did you mean \"bash\"?"));
}

}  // namespace
}  // namespace stint::test
