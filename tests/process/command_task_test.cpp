// Tasks that the settings declare as commands, with the installed `stint`, on both stores.
#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandTask : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string missing;
    place = make_store_place(GetParam(), missing);
    if (!place) {
      if (is_required(GetParam())) FAIL() << missing;
      GTEST_SKIP() << missing;
    }
    program.set("STINT_STORE", place->url());
    program.output({"db", "init"});
  }

  void settings(const std::string& text) const { program.write_file("stint.toml", text); }
  /// Enqueue, let a worker run it, and return the job.
  json run_job(std::vector<std::string> words) const {
    words.insert(words.begin(), "enqueue");
    const std::string id = program.output(words);
    program.output({"worker", "run", "--drain"});
    return show(id);
  }
  json show(const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}));
  }
  std::vector<json> logs(const json& job) const {
    std::vector<json> lines;
    const std::string id = std::to_string(job["id"].get<int>());
    for (const std::string& line : lines_of(program.output({"job", "logs", id, "--json"}))) {
      lines.push_back(json::parse(line));
    }
    return lines;
  }
  /// What it printed to a stream, with "\n" behind each line.
  std::string printed(const json& job, std::string_view source) const {
    std::string text;
    for (const json& line : logs(job)) {
      if (line["source"] == source) text += line["text"].get<std::string>() + "\n";
    }
    return text;
  }

  std::unique_ptr<StorePlace> place;
  Program program{"stint"};
};

TEST_P(CommandTask, PrintsIntoTheLogOfItsJob) {
  settings(R"([tasks."t.say"]
command = ["sh", "-c", "echo \"out $1\"; echo err >&2; printf part", "sh", "{what}"]
args.what = {}
)");
  const json job = run_job({"t.say", "what=this"});
  EXPECT_EQ(job["state"], "done");
  EXPECT_EQ(job["output"], nullptr);
  EXPECT_EQ(printed(job, "stdout"), "out this\npart\n");
  EXPECT_EQ(printed(job, "stderr"), "err\n");
  EXPECT_THAT(logs(job).back().dump(), AllOf(HasSubstr("exit code 0"), HasSubstr("MiB")));
}

TEST_P(CommandTask, HandsEveryValueOnAsItIs) {
  settings(R"([tasks."t.args"]
command = ["sh", "-c", "for a; do printf '<%s>\\n' \"$a\"; done", "sh", "{a}", "--x={a}", "{none}", "{list}", "{{a}}", ""]
args.a = {}
args.none = { required = false }
args.list = { type = "list" }
)");
  const std::string evil = R"( two words "quoted" 'single' $(touch made) `touch made` $HOME \n *)";
  const json job = run_job({"t.args", "a=" + evil + "\nnext", "list:=[1,\"b c\"]"});
  EXPECT_EQ(job["state"], "done") << job;
  EXPECT_EQ(printed(job, "stdout"),
            "<" + evil + "\nnext>\n<--x=" + evil + "\nnext>\n<[1,\"b c\"]>\n<{a}>\n<>\n");
  EXPECT_EQ(program.run({"run", "--", "test", "-e", "made"}).exit_code, 1);
}

// As in C++: dates are resolved at the enqueue, moments when the attempt starts.
TEST_P(CommandTask, IsGivenDatesMomentsAndTimes) {
  settings(R"([tasks."t.daily"]
command = ["echo", "{day}", "{since}", "{at}", "{n}"]
zone = "Europe/Berlin"
args.day = { type = "date", default = "2026-03-01||-1d" }
args.since = { type = "moment", default = "2026-11-21||/d" }
args.at = { type = "time", default = "07:30" }
args.n = { type = "integer", minimum = 1, default = 1 }
)");
  json job = run_job({"t.daily"});
  EXPECT_EQ(job["args"]["day"], "2026-02-28");
  EXPECT_EQ(printed(job, "stdout"), "2026-02-28 2026-11-20T23:00:00Z 07:30 1\n");
  job = run_job({"t.daily", "day=2024-02-29||+1y", "since=2026-07-01T00:00:00Z||+1h", "at=23:59"});
  EXPECT_EQ(printed(job, "stdout"), "2025-02-28 2026-07-01T01:00:00Z 23:59 1\n");
  for (const char* wrong : {"day=soon", "since=07:30", "at=now", "n=0"}) {
    EXPECT_EQ(program.run({"enqueue", "t.daily", wrong}).exit_code, 2) << wrong;
  }
  EXPECT_THAT(lines_of(program.output({"task", "show", "t.daily"})),
              ::testing::IsSupersetOf({HasSubstr("zone          Europe/Berlin"),
                                       HasSubstr("at        time     07:30"),
                                       HasSubstr("day       date     2026-03-01||-1d"),
                                       HasSubstr("since     moment   2026-11-21||/d")}));
}

TEST_P(CommandTask, IsToldOfItsJob) {
  settings(R"([tasks."t.env"]
command = ["sh", "-c", "echo $STINT_JOB_ID $STINT_TASK $STINT_ATTEMPT $STINT_FENCING_TOKEN $MINE; pwd; cat"]
args.mine = {}
environment = { MINE = "<{mine}>" }
working_directory = "/usr"
)");
  const json job = run_job({"t.env", "mine=a"});
  EXPECT_EQ(printed(job, "stdout"), "1 t.env 1 1 <a>\n/usr\n");
}

TEST_P(CommandTask, FailsWithItsExitCodeOrSignal) {
  settings(R"([tasks."t.exit"]
command = ["sh", "-c", "echo first >&2; echo no such database >&2; exit 3"]
max_attempts = 2
retry = { backoff = "0s" }
[tasks."t.signal"]
command = ["sh", "-c", "kill -SEGV $$"]
[tasks."t.missing"]
command = ["./no-such-program"]
)");
  json job = run_job({"t.exit"});
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["cause"], "error");
  EXPECT_EQ(job["attempt"], 2);
  EXPECT_EQ(job["error"]["type"], "exit code");
  EXPECT_EQ(job["error"]["message"], "sh: exit code 3: no such database");
  EXPECT_EQ(job["error"]["stderr"], "first\nno such database");
  job = run_job({"t.signal"});
  EXPECT_EQ(job["error"]["type"], "signal");
  EXPECT_THAT(job["error"]["message"], HasSubstr("sh: killed by SIGSEGV"));
  job = run_job({"t.missing"});
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["error"]["type"], "not started");
  EXPECT_THAT(job["error"]["message"], HasSubstr("no-such-program"));
}

// The shell and the sleeper in the background both ignore SIGTERM; one more has detached itself.
TEST_P(CommandTask, IsKilledWithAllItsProcessesWhenItIsAborted) {
  settings(R"([tasks."t.deaf"]
command = ["sh", "-c", "trap '' TERM; setsid sleep 1000 & sleep 1000 & echo $$ > pids; jobs -p >> pids; wait; wait"]
)");
  const std::string id = program.output({"enqueue", "t.deaf"});
  Process worker{program.options({"worker", "run"})};
  const auto pids = [&] {
    std::ifstream file{program.folder() + "/pids"};
    std::vector<pid_t> result;
    for (pid_t pid = 0; file >> pid;) result.push_back(pid);
    return result;
  };
  ASSERT_TRUE(eventually([&] { return pids().size() == 3; }));
  program.output({"job", "abort", id, "--message", "enough"});
  EXPECT_EQ(program.run({"job", "wait", id, "--timeout", "30s"}).exit_code, 1);
  const json job = show(id);
  EXPECT_EQ(job["state"], "aborted");
  EXPECT_EQ(job["error"]["message"].get<std::string>().rfind("enough (by ", 0), 0U);
  // By then nothing runs any more; a zombie waits for its parent at most.
  for (const pid_t pid : pids()) {
    std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
    std::stringstream text;
    text << stat.rdbuf();
    EXPECT_TRUE(text.str().empty() || text.str().find(") Z ") != std::string::npos) << text.str();
  }
  worker.send_signal(SIGTERM);
  const ProcessResult end = worker.wait();
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_THAT(end.err, Not(HasSubstr("ignores its stop")));
}

TEST_P(CommandTask, EndsAtItsTimeout) {
  settings("[tasks.\"t.long\"]\ncommand = [\"sleep\", \"1000\"]\ntimeout = \"200ms\"\n");
  const json job = run_job({"t.long"});
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["cause"], "timeout");
}

TEST_P(CommandTask, GoesBackWhenItsWorkerIsToldToEnd) {
  settings("[tasks.\"t.long\"]\ncommand = [\"sleep\", \"1000\"]\n");
  const std::string id = program.output({"enqueue", "t.long"});
  Process worker{program.options({"worker", "run"})};
  program.output({"job", "wait", id, "--for", "running", "--timeout", "30s"});
  worker.send_signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return worker.err().find("asked to end") != std::string::npos; }));
  worker.send_signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(show(id)["state"], "queued");
  EXPECT_THAT(program.output({"job", "show", id}), HasSubstr("0 crashed, 1 interrupted"));
}

TEST_P(CommandTask, IsListedAndChecked) {
  settings(
      "[tasks.\"t.n\"]\ncommand = [\"echo\", \"{n}\"]\nargs.n = { type = \"integer\" }\n"
      "doc = \"Say a number.\"\n");
  EXPECT_THAT(program.output({"task", "list"}), HasSubstr("t.n"));
  EXPECT_THAT(
      program.output({"task", "show", "t.n"}),
      AllOf(HasSubstr("Say a number."), HasSubstr("integer"), HasSubstr(R"(["echo","{n}"])")));
  const ProcessResult wrong = program.run({"enqueue", "t.n", "n=x"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("must be an integer"));
  EXPECT_EQ(program.run({"enqueue", "t.m", "n=1"}).exit_code, 3);
}

INSTANTIATE_TEST_SUITE_P(Stores, CommandTask, ::testing::Values("sqlite", "postgres"),
                         [](const auto& store) { return std::string{store.param}; });

TEST(CommandTaskSettings, AreRefusedWithAllTheirMistakes) {
  const Program program{"test_tasks"};
  program.write_file("stint.toml", R"([tasks."t.double"]
command = ["true"]
)");
  ProcessResult result = program.run({"task", "list"});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_THAT(result.err, HasSubstr("stint.toml:1: tasks.\"t.double\": module \"t\" has a task of "
                                    "this name"));
  program.write_file("stint.toml", "[tasks.\"t.x\"]\ncommand = []\n[tasks.\"t.y\"]\nargs = 3\n");
  result = program.run({"settings", "check"});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_THAT(result.err, AllOf(HasSubstr("stint.toml:2: "), HasSubstr("stint.toml:4: ")));
}

}  // namespace
}  // namespace stint::test
