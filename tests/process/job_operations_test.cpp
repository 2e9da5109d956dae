// `job retry|update|delete`, and the lists that are watched.
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

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class JobOperations : public ::testing::Test {
 protected:
  void run_all() const { program.output({"worker", "run", "--drain", "--log-level", "error"}); }
  json job(int id) const {
    return json::parse(program.output({"job", "show", std::to_string(id), "--json"}));
  }
  void fail(int count) const {
    for (int i = 0; i < count; ++i) program.output({"enqueue", "t.fail", "--tag", "x"});
    run_all();
  }

  Program program{"test_tasks"};
};

TEST_F(JobOperations, RetriesAJobByItsNumber) {
  fail(1);
  const ProcessResult result = program.run({"job", "retry", "1"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "1 retried\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(job(1)["state"], "queued");
  run_all();
  EXPECT_EQ(job(1)["attempt"], 2);
  EXPECT_EQ(lines_of(program.output({"job", "show", "1", "--attempts", "--json"})).size(), 2U);
}

TEST_F(JobOperations, TellsWhatItLeftAloneAndWhatIsNotThere) {
  fail(1);
  program.output({"enqueue", "t.mail"});
  const ProcessResult result = program.run({"job", "retry", "2", "1", "99"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "2 queued: left alone\n1 retried\n99 not found\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("retried 1, left 1 alone, not found 1"),
                                HasSubstr("--done"), HasSubstr("there is no job 99")));
  EXPECT_EQ(program.run({"job", "retry", "2"}).exit_code, 1);
  const ProcessResult as_json = program.run({"job", "retry", "2", "99", "--json"});
  EXPECT_EQ(as_json.out,
            "{\"id\":2,\"outcome\":\"wrong_state\",\"state\":\"queued\"}\n"
            "{\"id\":99,\"outcome\":\"not_found\",\"state\":null}\n");
  EXPECT_EQ(json::parse(lines_of(as_json.err).front()),
            json::parse(R"({"retried":0,"refused":1,"not_found":1,"dry_run":false})"));
}

TEST_F(JobOperations, AsksForYesBeforeItTouchesWhatAFilterFinds) {
  fail(3);
  const ProcessResult asked = program.run({"job", "retry", "--state", "failed", "--tag", "x"});
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_THAT(asked.err, AllOf(HasSubstr("this would retry 3 jobs"), HasSubstr("--yes")));
  EXPECT_EQ(job(1)["state"], "failed");
  const ProcessResult dry = program.run({"job", "retry", "--task", "t.fail", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0);
  EXPECT_EQ(dry.out, "3 would be retried\n2 would be retried\n1 would be retried\n");
  EXPECT_EQ(job(1)["state"], "failed");
  const ProcessResult done = program.run({"job", "retry", "--since", "1h", "--yes"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.out, "3 retried\n2 retried\n1 retried\n");
  EXPECT_EQ(done.err, "retried 3\n");
  const ProcessResult none = program.run({"job", "retry", "--tag", "x"});
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_EQ(none.err, "no job fits; nothing was changed\n");
}

TEST_F(JobOperations, SaysWhichJobsAnOperationIsFor) {
  EXPECT_THAT(program.run({"job", "retry"}).err, HasSubstr("which jobs?"));
  EXPECT_THAT(program.run({"job", "delete", "1", "--tag", "x"}).err, HasSubstr("not both"));
  const ProcessResult running = program.run({"job", "delete", "--state", "running"});
  EXPECT_EQ(running.exit_code, 2);
  EXPECT_THAT(running.err, HasSubstr("job abort"));
  EXPECT_THAT(program.run({"job", "update", "1"}).err, HasSubstr("nothing to change"));
  EXPECT_EQ(program.run({"job", "delete", "one"}).exit_code, 2);
}

TEST_F(JobOperations, RetriesWhatIsDoneOnlyIfToldSo) {
  program.output({"enqueue", "t.double", "a=4"});
  run_all();
  EXPECT_EQ(program.run({"job", "retry", "1"}).exit_code, 1);
  EXPECT_EQ(program.run({"job", "retry", "1", "--done"}).exit_code, 0);
  EXPECT_EQ(job(1)["output"], nullptr);
  run_all();
  EXPECT_EQ(job(1)["output"], 8);
}

TEST_F(JobOperations, DeletesWhatDoesNotRun) {
  fail(1);
  program.output({"enqueue", "t.mail", "--at", "+1h"});
  EXPECT_EQ(program.output({"job", "delete", "1", "2"}), "1 deleted\n2 deleted");
  EXPECT_EQ(program.output({"job", "list", "--json"}), "");
  EXPECT_EQ(program.run({"job", "delete", "1"}).exit_code, 3);
}

TEST_F(JobOperations, UpdatesWhenAndHowSoonAJobRuns) {
  program.output({"enqueue", "t.log", "--at", "+1h"});
  EXPECT_EQ(program.output({"job", "update", "1", "--priority", "-4"}), "1 changed");
  EXPECT_EQ(job(1)["priority"], -4);
  EXPECT_EQ(job(1)["state"], "scheduled");
  program.output({"job", "update", "1", "--at", "now"});
  EXPECT_EQ(job(1)["state"], "queued");
  program.output({"job", "update", "1", "--run-at", "2100-01-01"});
  EXPECT_EQ(job(1)["run_at"], "2100-01-01T00:00:00.000Z");
  program.output({"job", "update", "1", "--delay", "0"});
  run_all();
  EXPECT_EQ(program.run({"job", "update", "1", "--delay", "1h"}).exit_code, 1);
  EXPECT_EQ(program.run({"job", "update", "1", "--at", "now", "--run-at", "now"}).exit_code, 2);
}

TEST_F(JobOperations, UpdatesSomeArgumentsAndChecksThem) {
  program.output({"enqueue", "t.echo", "text=old", "count=3", "sizes=1", "sizes=2"});
  program.output({"job", "update", "1", "text=new", "sizes:=[7]"});
  json args = job(1)["args"];
  EXPECT_EQ(args["text"], "new");
  EXPECT_EQ(args["count"], 3);
  EXPECT_EQ(args["sizes"], json::array({7}));
  program.output({"job", "update", "1", "--clear-arg", "count", "level=high"});
  EXPECT_EQ(job(1)["args"]["count"], 1);
  const ProcessResult wrong = program.run({"job", "update", "1", "level=middle"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("level"));
  EXPECT_THAT(program.run({"job", "update", "1", "txt=x"}).err, HasSubstr("text"));
  EXPECT_EQ(program.run({"job", "update", "1", "--clear-arg", "txt"}).exit_code, 2);
  EXPECT_EQ(job(1)["args"]["level"], "high");
}

TEST_F(JobOperations, ReplacesTheBytesOfAnArgument) {
  const std::string file = program.write_file("new.bin", std::string{"\x00\xff", 2});
  program.output({"enqueue", "t.bytes", "data=old"});
  program.output({"job", "update", "1", "data=@" + file});
  run_all();
  EXPECT_EQ(job(1)["output"], "00ff");
}

TEST_F(JobOperations, UpdatesManyAndTellsWhoseArgumentsDoNotFit) {
  program.output({"enqueue", "t.double", "a=1"});
  program.output({"enqueue", "t.echo"});
  const ProcessResult result = program.run({"job", "update", "--state", "queued", "--yes", "a=5"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 refused: "), HasSubstr("1 changed\n")));
  EXPECT_EQ(job(1)["args"]["a"], 5);
}

// --- Lists
// ----------------------------------------------------------------------------------------

TEST_F(JobOperations, ListShowsErrorsInFull) {
  program.output({"enqueue", "t.fail", "message=" + std::string(200, 'y')});
  run_all();
  ProcessOptions options = program.options({"job", "list", "--errors"});
  options.terminal_columns = 80;
  const ProcessResult result = run_process(options);
  EXPECT_THAT(result.out, HasSubstr(std::string(200, 'y')));
  EXPECT_THAT(result.out, HasSubstr("  caused by "));
  EXPECT_THAT(result.out, HasSubstr("the inner cause"));
}

TEST_F(JobOperations, ListCountsLogLines) {
  program.output({"enqueue", "t.log"});
  program.output({"enqueue", "t.mail"});
  run_all();
  EXPECT_THAT(lines_of(program.output({"job", "list", "--log-count"})).front(), HasSubstr("LOG"));
  std::vector<int> counts;
  for (const std::string& line :
       lines_of(program.output({"job", "list", "--log-count", "--json"}))) {
    counts.push_back(json::parse(line)["log_count"].get<int>());
  }
  EXPECT_THAT(counts, ElementsAre(0, 2));
}

TEST_F(JobOperations, WatchPrintsABlockWhenSomethingChanged) {
  Process watch{program.options({"job", "list", "--watch=0.1"})};
  EXPECT_TRUE(eventually([&] { return watch.out().find("STATE") != std::string::npos; }));
  program.output({"enqueue", "t.mail"});
  EXPECT_TRUE(eventually([&] { return watch.out().find("queued") != std::string::npos; }));
  program.output({"job", "delete", "1"});
  const auto blocks = [&] {
    std::size_t count = 0;
    const std::string out = watch.out();
    for (std::size_t at = 0; (at = out.find("STATE", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  EXPECT_TRUE(eventually([&] { return blocks() == 3; })) << watch.out();
  watch.send_signal(SIGINT);
  EXPECT_EQ(watch.wait().exit_code, 0);
}

TEST_F(JobOperations, WatchRedrawsATerminalAndGivesItBack) {
  fail(1);
  ProcessOptions options = program.options({"job", "show", "1", "--watch"});
  options.terminal_columns = 60;
  const ProcessResult result = run_process(options);
  EXPECT_EQ(result.exit_code, 0);
  const std::size_t taken = result.out.find("\x1b[?1049h");
  const std::size_t given_back = result.out.find("\x1b[?1049l");
  ASSERT_NE(taken, std::string::npos);
  ASSERT_NE(given_back, std::string::npos);
  EXPECT_THAT(result.out.substr(taken, given_back - taken), HasSubstr("every 2s: job show 1"));
  EXPECT_THAT(result.out.substr(given_back), HasSubstr("failed")) << "the last picture stays";
}

TEST_F(JobOperations, WatchThatIsTerminatedSaysSo) {
  Process watch{program.options({"db", "status", "--watch=0.1", "--json"})};
  EXPECT_TRUE(eventually([&] { return watch.out().find("backend") != std::string::npos; }));
  watch.send_signal(SIGTERM);
  const ProcessResult result = watch.wait();
  EXPECT_EQ(result.exit_code, 143);
  EXPECT_EQ(lines_of(result.out).size(), 1U) << "nothing has changed";
}

TEST_F(JobOperations, WatchOfAJobEndsWithIt) {
  fail(1);
  const ProcessResult ended = program.run({"job", "show", "1", "--watch"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, HasSubstr("failed"));
  EXPECT_EQ(program.run({"job", "show", "99", "--watch"}).exit_code, 3);
  EXPECT_EQ(program.run({"job", "list", "--watch=0"}).exit_code, 2);
}

TEST_F(JobOperations, WatchEndsWhenItsReaderHasGone) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  ProcessOptions options = program.options({"worker", "list", "--watch=0.1"});
  options.output_descriptor = pipe[1];
  Process watch{options};
  ::close(pipe[1]);
  ::close(pipe[0]);
  EXPECT_EQ(watch.wait(std::chrono::seconds{20}).exit_code, 0);
}

}  // namespace
}  // namespace stint::test
