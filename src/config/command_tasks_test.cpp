#include "config/command_tasks.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "config/load_settings.hpp"
#include "config/settings_report.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Variables = std::map<std::string, std::string>;

struct LoadedTasks {
  Settings settings;
  std::vector<std::string> problems;

  const std::vector<CommandTask>& commands() const { return settings.state().commands; }
};

LoadedTasks load_tasks(std::string_view toml, Variables variables = {}) {
  std::vector<std::string> problems;
  Settings settings =
      read_settings({.toml = std::string{toml}, .environment = std::move(variables)}, {},
                    UnknownSettings::kRefused, problems);
  return {std::move(settings), std::move(problems)};
}

std::vector<std::string> task_problems(std::string_view toml) { return load_tasks(toml).problems; }

constexpr std::string_view kBackup = R"(
[tasks."backup.nightly"]
command = ["pg_dump", "--file={folder}/{database}.sql", "{mode}", "{database}"]
args.database = { type = "string", choices = ["sales", "stock"], help = "which one" }
args.folder = { default = "/srv" }
args.mode = { required = false }
environment = { PGHOST = "db-{database}" }
working_directory = "/tmp"
timeout = "30m"
domain = "backup"
node = "db1"
priority = -3
max_attempts = 3
retry = { backoff = "1m", jitter = 0 }
at_most_once = true
doc = "Dump a database."
)";

TEST(CommandTasks, AreReadFromTheFile) {
  const LoadedTasks loaded = load_tasks(kBackup);
  ASSERT_THAT(loaded.problems, IsEmpty());
  ASSERT_EQ(loaded.commands().size(), 1U);
  const detail::TaskDeclaration& task = loaded.commands()[0].task;
  EXPECT_EQ(loaded.commands()[0].source, "stint.toml:2");
  EXPECT_EQ(task.name, "backup.nightly");
  EXPECT_EQ(task.module, "backup");
  EXPECT_EQ(task.options.timeout, 30min);
  EXPECT_EQ(task.options.domain, "backup");
  EXPECT_EQ(task.options.node, "db1");
  EXPECT_EQ(task.options.priority, -3);
  EXPECT_EQ(task.options.retry.max_attempts, 3);
  EXPECT_EQ(task.options.retry.backoff, 1min);
  EXPECT_EQ(task.options.retry.jitter, 0);
  EXPECT_TRUE(task.options.at_most_once);
  EXPECT_EQ(task.options.doc, "Dump a database.");
  ASSERT_NE(task.program, nullptr);
  EXPECT_THAT(fill_command(*task.program, {{"database", "stock"}, {"folder", "/srv"}}).arguments,
              ElementsAre("pg_dump", "--file=/srv/stock.sql", "stock"));
  EXPECT_EQ(task.program->working_directory.text(), "/tmp");
}

TEST(CommandTasks, HaveTypedArguments) {
  const LoadedTasks loaded = load_tasks(R"([tasks."a.b"]
command = ["x", "{text}", "{count}", "{list}", "{maybe}"]
args.text = {}
args.count = { type = "integer", default = 7 }
args.list = { type = "list", element = "number", choices = [1, 2.5] }
args.maybe = { type = "boolean", required = false }
)");
  ASSERT_THAT(loaded.problems, IsEmpty());
  const std::vector<ArgumentSpec>& args = loaded.commands()[0].task.args;
  ASSERT_EQ(args.size(), 4U);
  const auto find = [&](std::string_view name) {
    return *std::ranges::find(args, name, &ArgumentSpec::name);
  };
  EXPECT_EQ(find("text").type, ArgumentType::kString);
  EXPECT_TRUE(find("text").required);
  EXPECT_EQ(find("count").default_value, json(7));
  EXPECT_FALSE(find("count").required);
  EXPECT_EQ(find("list").element, ArgumentType::kNumber);
  EXPECT_FALSE(find("maybe").required);
}

TEST(CommandTasks, AreReplacedByTheEnvironmentAsAWhole) {
  const LoadedTasks loaded =
      load_tasks(kBackup, {{"STINT_TASKS", R"({"backup.nightly": {"command": ["true"]},
                                    "other.task": {"command": ["false"]}})"}});
  ASSERT_THAT(loaded.problems, IsEmpty());
  ASSERT_EQ(loaded.commands().size(), 2U);
  EXPECT_EQ(loaded.commands()[0].source, "environment STINT_TASKS");
  EXPECT_THAT(loaded.commands()[0].task.args, IsEmpty());
}

TEST(CommandTasks, AreShownWithoutTheirSecrets) {
  const LoadedTasks loaded = load_tasks(R"([tasks."a.b"]
command = ["x"]
environment = { PASSWORD = "s3cret" }
)");
  ASSERT_THAT(loaded.problems, IsEmpty());
  const json shown = settings_json(loaded.settings);
  EXPECT_THAT(shown.dump(), AllOf(HasSubstr("tasks.a.b"), Not(HasSubstr("s3cret"))));
}

TEST(CommandTasks, ReportEveryMistakeAtItsLine) {
  const std::vector<std::string> problems = task_problems(R"([tasks."a.b"]
command = ["x", "{databse}", "{"]
args.database = { type = "text", requird = true }
timeout = "soon"
comand = []
[tasks."a.c"]
[tasks.nightly]
command = []
environment = { "A=B" = "x", STINT_TASK = "y", N = 3 }
)");
  EXPECT_THAT(problems, Contains(AllOf(HasSubstr("stint.toml:2: tasks.\"a.b\".command"),
                                       HasSubstr("did you mean \"database\"?"))));
  EXPECT_THAT(problems, Contains(HasSubstr("a { that is not closed")));
  EXPECT_THAT(problems, Contains(AllOf(HasSubstr("stint.toml:3: tasks.\"a.b\".args.database.type"),
                                       HasSubstr("one of string, integer"))));
  EXPECT_THAT(problems, Contains(HasSubstr("did you mean \"required\"?")));
  EXPECT_THAT(problems, Contains(HasSubstr("stint.toml:4: tasks.\"a.b\".timeout is \"soon\"")));
  EXPECT_THAT(problems,
              Contains(AllOf(HasSubstr("stint.toml:5: "), HasSubstr("did you mean \"command\"?"))));
  EXPECT_THAT(problems, Contains(HasSubstr("stint.toml:6: tasks.\"a.c\": it has no command")));
  EXPECT_THAT(problems, Contains(HasSubstr("stint.toml:8: tasks.\"nightly\".command is empty")));
  EXPECT_THAT(problems, Contains(AllOf(HasSubstr("stint.toml:7: tasks.\"nightly\": "),
                                       HasSubstr("a task's name is \"module.task\""))));
  EXPECT_THAT(problems, Contains(HasSubstr("\"A=B\", which is no name of a variable")));
  EXPECT_THAT(problems, Contains(HasSubstr("STINT_TASK, which Stint sets")));
  EXPECT_THAT(problems, Contains(HasSubstr("N is no text")));
}

TEST(CommandTasks, RefuseWhatCannotBeMeant) {
  EXPECT_THAT(task_problems("[tasks.backup.nightly]\ncommand = [\"x\"]\n"),
              ElementsAre(AllOf(HasSubstr("stint.toml:1: "),
                                HasSubstr("put it in quotes: [tasks.\"backup.nightly\"]"))));
  EXPECT_THAT(task_problems("[tasks]\n\"a.b\" = 3\n"),
              ElementsAre(HasSubstr("tasks.\"a.b\": it is 3; write a table")));
  EXPECT_THAT(task_problems("[tasks.\"a.b\"]\ncommand = [\"{x}\"]\nargs.x = {}\n"),
              ElementsAre(HasSubstr("must not choose the program")));
  EXPECT_THAT(task_problems("[tasks.\"a.b\"]\ncommand = [\"\", \"x\"]\n"),
              ElementsAre(HasSubstr("begins with an empty text")));
  EXPECT_THAT(task_problems("[tasks.\"a.b\"]\ncommand = \"pg_dump {x}\"\n"),
              ElementsAre(HasSubstr("write a list of strings")));
  EXPECT_THAT(task_problems("[tasks.\"a.b\"]\ncommand = [\"x\"]\nargs.unused = {}\n"),
              ElementsAre(HasSubstr("argument \"unused\" is used nowhere")));
  EXPECT_THAT(task_problems("[tasks.\"a.b\"]\ncommand = [\"x\", \"{n}\"]\n"
                            "args.n = { type = \"integer\", default = \"x\" }\n"),
              ElementsAre(HasSubstr("argument \"n\": the default must be an integer")));
  EXPECT_THAT(task_problems("[tasks.\"a.b\"]\ncommand = [\"x\", \"{json}\"]\nargs.json = {}\n"),
              ElementsAre(HasSubstr("has the name of the option --json")));
  EXPECT_THAT(task_problems("[tasks.\"a.b\"]\ncommand = [\"x\"]\npriority = 40000\n"),
              ElementsAre(HasSubstr("priority 40000 is out of range")));
}

}  // namespace
}  // namespace stint
