// `job list|show|logs|wait|abort`.
#include <fcntl.h>
#include <unistd.h>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class Job : public ::testing::Test {
 protected:
  void run_all() const { program.output({"worker", "run", "--drain", "--log-level", "error"}); }
  std::vector<int> listed(std::vector<std::string> words) const {
    words.insert(words.begin(), {"job", "list", "--json"});
    std::vector<int> ids;
    for (const std::string& line : lines_of(program.output(words))) {
      ids.push_back(json::parse(line)["id"].get<int>());
    }
    return ids;
  }

  Program program{"test_tasks"};
};

TEST_F(Job, ListFiltersAndOrdersByNewest) {
  program.output({"enqueue", "t.double", "a=1", "--tag", "x"});  // 1
  program.output({"enqueue", "t.fail"});                         // 2
  program.output({"enqueue", "t.mail", "--tag", "x"});           // 3
  program.output({"enqueue", "t.mail", "--at", "2100-01-01"});   // 4
  run_all();
  EXPECT_THAT(listed({}), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(listed({"--limit", "2"}), ElementsAre(4, 3));
  EXPECT_THAT(listed({"--state", "done,failed"}), ElementsAre(2, 1));
  EXPECT_THAT(listed({"--state", "scheduled"}), ElementsAre(4));
  EXPECT_THAT(listed({"--task", "t.mail"}), ElementsAre(4, 3));
  EXPECT_THAT(listed({"--domain", "mail"}), ElementsAre(4, 3));
  EXPECT_THAT(listed({"--tag", "x", "--since", "1h"}), ElementsAre(3, 1));
}

TEST_F(Job, ListGoesOnFromPageToPage) {
  for (int i = 0; i < 5; ++i) program.output({"enqueue", "t.mail"});
  EXPECT_THAT(listed({"--limit", "2"}), ElementsAre(5, 4));
  const ProcessResult first = program.run({"job", "list", "--limit", "2"});
  EXPECT_THAT(first.err, HasSubstr("there may be more: --before 4\n"));
  EXPECT_THAT(listed({"--limit", "2", "--before", "4"}), ElementsAre(3, 2));
  EXPECT_EQ(program.run({"job", "list", "--limit", "2", "--before", "4", "--json"}).err,
            "{\"next_before\":2}\n");
  const ProcessResult last = program.run({"job", "list", "--limit", "2", "--before", "2"});
  EXPECT_EQ(last.err, "") << "nothing is left";
  EXPECT_EQ(program.run({"job", "list", "--before", "x"}).exit_code, 2);
}

TEST_F(Job, ListIsAlignedWithoutTabsOrColoursWhenPiped) {
  EXPECT_EQ(lines_of(program.output({"job", "list"})).size(), 1U);  // the titles
  program.output({"enqueue", "t.echo", "text=a\tb\nc\x1b[31m"});
  const std::string list = program.output({"job", "list"});
  EXPECT_THAT(list, Not(HasSubstr("\t")));
  EXPECT_THAT(list, Not(HasSubstr("\x1b")));
  const auto lines = lines_of(list);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].find("STATE"), lines[1].find("queued"));
}

TEST_F(Job, ListFitsTheTerminalInColour) {
  program.output({"enqueue", "t.echo", "text=" + std::string(300, 'x')});
  ProcessOptions options = program.options({"job", "list"});
  options.terminal_columns = 100;
  const ProcessResult result = run_process(options);
  EXPECT_THAT(result.out, HasSubstr("\x1b[1m"));
  EXPECT_THAT(result.out, HasSubstr("…"));
  EXPECT_THAT(result.out, ::testing::AnyOf(HasSubstr("ago"), HasSubstr("now")));
  options.environment["NO_COLOR"] = "1";
  for (const std::string& line : lines_of(run_process(options).out)) {
    EXPECT_LE(line.size(), 100U + 3U) << line;  // an ellipsis of three bytes, and a CR
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  }
}

TEST_F(Job, ListEndsQuietlyWhenItsReaderGoes) {
  program.output({"enqueue", "t.mail"});
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  ProcessOptions options = program.options({"job", "list"});
  options.output_descriptor = ends[1];
  const ProcessResult result = run_process(options);
  ::close(ends[1]);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(result.err, "");
}

TEST_F(Job, ShowHasExactlyTheFieldsOfAJob) {
  program.output({"enqueue", "t.fail"});
  run_all();
  const std::string text = program.output({"job", "show", "1", "--json"});
  const auto object = nlohmann::ordered_json::parse(text);
  std::vector<std::string> fields;
  for (const auto& [key, value] : object.items()) fields.push_back(key);
  EXPECT_THAT(fields, ElementsAre("id", "task", "state", "priority", "args", "metadata", "tags",
                                  "attempt", "run_at", "created_at", "started_at", "finished_at",
                                  "domain", "node", "worker", "cause", "error", "output"));
  EXPECT_EQ(object["state"], "failed");
  EXPECT_EQ(object["attempt"], 1);
  EXPECT_EQ(object["cause"], "error");
  EXPECT_EQ(object["error"]["message"], "it failed");
  EXPECT_EQ(object["node"], nullptr);
  EXPECT_EQ(object["metadata"], nlohmann::ordered_json::object());
}

TEST_F(Job, ShowHasTheHistoryOfItsFailures) {
  program.output({"enqueue", "t.fail", "message=the reason"});
  run_all();
  const std::string text = program.output({"job", "show", "1"});
  EXPECT_THAT(text, HasSubstr("1 started, 1 of at most 1 failed"));
  EXPECT_THAT(text, HasSubstr("ATTEMPT"));
  EXPECT_THAT(text, HasSubstr("the reason: the inner cause"));
  const json attempt = json::parse(program.output({"job", "show", "1", "--attempts", "--json"}));
  EXPECT_EQ(attempt["attempt"], 1);
  EXPECT_EQ(attempt["cause"], "error");
}

TEST_F(Job, LogsPrintsWhatTheJobWrote) {
  program.output({"enqueue", "t.log"});
  run_all();
  const std::string logs = program.output({"job", "logs", "1"});
  EXPECT_THAT(logs, HasSubstr("info    first line\n"));
  EXPECT_THAT(logs, HasSubstr("warning second line"));
  EXPECT_THAT(logs, Not(HasSubstr("\x1b")));
  const auto lines = lines_of(program.output({"job", "logs", "1", "--json"}));
  ASSERT_EQ(lines.size(), 2U);
  const json second = json::parse(lines[1]);
  EXPECT_EQ(second["level"], "warning");
  const std::string from = std::to_string(second["number"].get<int>());
  EXPECT_EQ(lines_of(program.output({"job", "logs", "1", "--from", from})).size(), 1U);
}

TEST_F(Job, LogsTellsWhatWasPrintedFromWhatWasLogged) {
  program.output({"enqueue", "t.print"});
  run_all();
  const std::string logs = program.output({"job", "logs", "1"});
  EXPECT_THAT(logs, HasSubstr("stdout  printed\\x1b[2J\n"));
  EXPECT_THAT(logs, HasSubstr("stderr  complained\n"));
  EXPECT_THAT(logs, HasSubstr("info    logged"));
  const auto lines = lines_of(program.output({"job", "logs", "1", "--json"}));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(json::parse(lines[0])["source"], "stdout");
  EXPECT_EQ(json::parse(lines[0])["level"], "info");
  EXPECT_EQ(json::parse(lines[1])["source"], "stderr");
  EXPECT_EQ(json::parse(lines[1])["level"], "warning");
  EXPECT_EQ(json::parse(lines[2])["source"], "log");
  const std::string grave = program.output({"job", "logs", "1", "--level", "warning"});
  EXPECT_THAT(grave, HasSubstr("complained"));
  EXPECT_THAT(grave, Not(HasSubstr("printed")));
  EXPECT_THAT(grave, Not(HasSubstr("logged")));
  EXPECT_EQ(program.output({"job", "logs", "1", "--level", "error"}), "");
}

TEST_F(Job, LogsWatchesUntilTheJobHasEnded) {
  program.output({"enqueue", "t.wait"});
  Process watch{program.options({"job", "logs", "1", "--watch"})};
  Process worker{program.options({"worker", "run"})};
  EXPECT_TRUE(eventually([&] { return watch.out().ends_with("stderr  waiting\n"); }));
  program.output({"job", "abort", "1"});
  const ProcessResult result = watch.wait();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("stderr  waiting\n"));
  const ProcessResult again = program.run({"job", "logs", "1", "--watch", "--from", "2"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, "");
}

TEST_F(Job, WaitEndsAsTheJobDoes) {
  program.output({"enqueue", "t.double", "a=1"});
  program.output({"enqueue", "t.fail"});
  program.output({"enqueue", "t.mail"});
  run_all();
  EXPECT_EQ(program.output({"job", "wait", "1"}), "done");
  EXPECT_EQ(program.output({"job", "wait", "1", "--for", "running"}), "done");
  EXPECT_EQ(json::parse(program.output({"job", "wait", "1", "--json"}))["output"], 2);
  const ProcessResult failed = program.run({"job", "wait", "2"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(failed.out, "failed\n");
  EXPECT_THAT(failed.err, HasSubstr("it failed"));
  const ProcessResult late = program.run({"job", "wait", "3", "--timeout", "50ms"});
  EXPECT_EQ(late.exit_code, 75);
  EXPECT_THAT(late.err, HasSubstr("job 3 is still queued after 50ms"));
}

TEST_F(Job, AbortEndsWaitingAndRunningJobs) {
  program.output({"enqueue", "t.wait"});
  program.output({"enqueue", "t.mail"});
  EXPECT_EQ(program.output({"job", "abort", "2", "--message", "not wanted"}), "2 aborted");
  EXPECT_EQ(program.run({"job", "wait", "2"}).exit_code, 1);
  Process worker{program.options({"worker", "run"})};
  EXPECT_EQ(program.output({"job", "wait", "1", "--for", "running", "--timeout", "20s"}),
            "running");
  EXPECT_EQ(program.output({"job", "abort", "1"}), "1 aborting");
  EXPECT_EQ(program.run({"job", "wait", "1", "--timeout", "20s"}).exit_code, 1);
  EXPECT_EQ(json::parse(program.output({"job", "abort", "1", "--json"}))["state"], "aborted");
  const auto message = [&](const char* id) {
    return json::parse(program.output({"job", "show", id, "--json"}))["error"]["message"]
        .get<std::string>();
  };
  EXPECT_THAT(message("2"), MatchesRegex("not wanted \\(by .+@.+\\)"));
  EXPECT_THAT(message("1"), MatchesRegex("by .+@.+"));
}

TEST_F(Job, CommandsRefuseWhatIsNotThere) {
  program.output({"enqueue", "t.mail"});
  for (const char* command : {"show", "logs", "wait", "abort"}) {
    const ProcessResult missing = program.run({"job", command, "99"});
    EXPECT_EQ(missing.exit_code, 3) << command;
    EXPECT_THAT(missing.err, HasSubstr("there is no job 99"));
    for (const char* id : {"x", "0", "-1", "1.5", ""}) {
      EXPECT_EQ(program.run({"job", command, id}).exit_code, 2) << command << id;
    }
    EXPECT_EQ(program.run({"job", command}).exit_code, 2) << command;
  }
  const ProcessResult some = program.run({"job", "abort", "99", "1"});
  EXPECT_EQ(some.exit_code, 3);
  EXPECT_EQ(some.out, "1 aborted\n");
}

TEST_F(Job, CommandsRefuseWrongOptions) {
  program.output({"enqueue", "t.mail"});
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"job", "list", "--state", "finished"}, "\"finished\" is no state"},
      {{"job", "list", "--state", "qeued"}, "did you mean \"queued\"?"},
      {{"job", "list", "--limit", "0"}, "--limit"},
      {{"job", "list", "--since", "yesterday"}, "--since"},
      {{"job", "list", "1"}, "one value too many"},
      {{"job", "wait", "1", "--for", "ever"}, "--for"},
      {{"job", "wait", "1", "--timeout", "x"}, "--timeout"},
      {{"job", "logs", "1", "--from", "0"}, "--from"},
      {{"job", "logs", "1", "--level", "loud"}, "\"loud\" is none of debug"},
      {{"job", "show", "1", "2"}, "one value too many"},
      {{"job", "abort", "1", "--mesage", "x"}, "did you mean \"--message\"?"},
  };
  for (const auto& [words, message] : cases) {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(words) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

}  // namespace
}  // namespace stint::test
