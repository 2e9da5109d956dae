// `worker run|list`, `task list|show`.
#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Worker : public ::testing::Test {
 protected:
  std::string state(const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}))["state"];
  }
  /// Wait until `t.wait` has begun: a job that is running is perhaps only claimed, and a worker
  /// that is asked to end gives it back at once.
  void expect_begun() const {
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(program.folder() + "/begun"); }));
  }

  Program program{"test_tasks"};
};

TEST_F(Worker, DrainsAndEnds) {
  program.output({"enqueue", "t.double", "a=1"});
  program.output({"enqueue", "t.mail"});
  program.output({"enqueue", "t.double", "a=2", "--at", "2100-01-01"});
  EXPECT_EQ(program.output({"worker", "run", "--drain"}), "");
  EXPECT_EQ(state("1"), "done");
  EXPECT_EQ(state("2"), "queued");  // another domain
  EXPECT_EQ(state("3"), "scheduled");
  program.output({"worker", "run", "--drain", "--domain", "mail=1,default"});
  EXPECT_EQ(state("2"), "done");
}

TEST_F(Worker, EndsAfterSoManyJobs) {
  for (int i = 0; i < 3; ++i) program.output({"enqueue", "t.double", "a=1"});
  program.output({"worker", "run", "--max-runs", "2", "--slots", "1"});
  EXPECT_EQ(lines_of(program.output({"job", "list", "--state", "done", "--json"})).size(), 2U);
}

TEST_F(Worker, DrainsOnASignal) {
  program.output({"enqueue", "t.wait"});
  Process worker{program.options({"worker", "run"})};
  expect_begun();
  worker.send_signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return worker.err().find("asked to end") != std::string::npos; }));
  EXPECT_FALSE(worker.has_ended());  // it waits for the job
  program.output({"job", "abort", "1"});
  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(state("1"), "aborted");
}

TEST_F(Worker, GivesJobsBackAtTheSecondSignal) {
  program.output({"enqueue", "t.wait"});
  Process worker{program.options({"worker", "run"})};
  expect_begun();
  worker.send_signal(SIGINT);
  ASSERT_TRUE(eventually([&] { return worker.err().find("asked to end") != std::string::npos; }));
  worker.send_signal(SIGINT);
  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(state("1"), "queued");
  EXPECT_THAT(program.output({"job", "show", "1"}), HasSubstr("0 crashed, 1 interrupted"));
}

TEST_F(Worker, IsListed) {
  program.output({"enqueue", "t.wait"});
  Process worker{program.options({"worker", "run", "--slots", "3", "--domain", "default=2"})};
  expect_begun();
  const json listed = json::parse(program.output({"worker", "list", "--json"}));
  EXPECT_EQ(listed["state"], "alive");
  EXPECT_EQ(listed["pid"], worker.pid());
  EXPECT_EQ(listed["slots"], 3);
  EXPECT_EQ(listed["running"], 1);
  EXPECT_THAT(program.output({"worker", "list"}), HasSubstr("default=2"));
  worker.send_signal(SIGTERM);
  program.output({"job", "abort", "1"});
  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_EQ(program.output({"worker", "list", "--json"}), "");
  EXPECT_EQ(json::parse(program.output({"worker", "list", "--all", "--json"}))["state"], "stopped");
}

TEST_F(Worker, LivesOnAfterWhatIsNoException) {
  program.output({"enqueue", "t.throw_int"});
  program.output({"enqueue", "t.double", "a=1"});
  const ProcessResult result = program.run({"worker", "run", "--drain", "--slots", "1"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(state("1"), "failed");
  EXPECT_EQ(state("2"), "done");
}

TEST_F(Worker, RefusesWrongOptions) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"worker", "run", "--slots", "0"}, "--slots"},
      {{"worker", "run", "--slots", "2000"}, "--slots"},
      {{"worker", "run", "--domain", "mail=x"}, "mail"},
      {{"worker", "run", "--max-runs", "-1"}, "--max-runs"},
      {{"worker", "run", "now"}, "one value too many"},
      {{"worker", "list", "--al"}, "did you mean \"--all\"?"},
      {{"worker", "lst"}, "did you mean \"list\"?"},
  };
  for (const auto& [words, message] : cases) {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(words) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  const ProcessResult none = Program{"stint"}.run({"worker", "run"});
  EXPECT_EQ(none.exit_code, 78);
  EXPECT_THAT(none.err, HasSubstr("has no tasks of its own"));
}

TEST(TaskCommands, ListAndShowOwnAndRegisteredTasks) {
  const Program program{"test_tasks"};
  EXPECT_THAT(program.output({"task", "list"}), HasSubstr("t.echo"));
  const std::string shown = program.output({"task", "show", "t.echo"});
  for (const char* part : {"Returns its arguments.", "one of low, high", "any text", "ratio"}) {
    EXPECT_THAT(shown, HasSubstr(part));
  }
  EXPECT_EQ(json::parse(program.output({"task", "show", "t.mail", "--json"}))["domain"], "mail");

  const Program stint{"stint"};
  const std::string store = "sqlite:" + program.folder() + "/state/stint/jobs.db";
  EXPECT_THAT(stint.output({"task", "list", "--store", store}), Not(HasSubstr("t.echo")));
  program.output({"worker", "run", "--drain"});
  EXPECT_THAT(stint.output({"task", "list", "--store", store}), HasSubstr("t.echo"));
  EXPECT_THAT(stint.output({"task", "show", "t.echo", "--store", store}),
              HasSubstr("one of low, high"));
}

TEST(TaskCommands, RefuseWhatIsNotThere) {
  const Program program{"test_tasks"};
  const ProcessResult unknown = program.run({"task", "show", "t.dobule"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"t.double\"?"));
  EXPECT_EQ(program.run({"task", "show"}).exit_code, 2);
  EXPECT_EQ(program.run({"task", "show", "t.echo", "t.mail"}).exit_code, 2);
  EXPECT_EQ(program.run({"task", "list", "t.echo"}).exit_code, 2);
}

}  // namespace
}  // namespace stint::test
