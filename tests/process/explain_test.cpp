// `explain`: why is a job not running?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Explain : public ::testing::Test {
 protected:
  json reasons(const std::string& id) const {
    const json answer = json::parse(program.output({"explain", id, "--json"}));
    EXPECT_EQ(answer["id"], std::stoi(id));
    for (const json& reason : answer["reasons"]) EXPECT_TRUE(reason["facts"].is_object()) << reason;
    return answer["reasons"];
  }
  std::string code(const std::string& id) const { return reasons(id).at(0).at("code"); }

  Program program{"test_tasks"};
};

TEST_F(Explain, SaysWhatBringsAJobOn) {
  program.output({"enqueue", "t.double", "a=1"});
  const std::string text = program.output({"explain", "1"});
  EXPECT_THAT(text, StartsWith("Job 1 (t.double) is queued: no worker is alive on this store.\n"));
  EXPECT_THAT(text, HasSubstr("To do: Start the program that has the task \"t.double\""));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  program.output({"worker", "run", "--drain"});
  EXPECT_THAT(program.output({"explain", "1"}), StartsWith("Job 1 (t.double) is done: "));
  EXPECT_EQ(code("1"), "done");
}

TEST_F(Explain, SaysWhyAJobFailedAndWhenOneComes) {
  program.output({"enqueue", "t.fail"});
  program.output({"enqueue", "t.snooze"});
  program.output({"enqueue", "t.double", "a=1", "--at", "2100-01-01"});
  program.output({"worker", "run", "--drain"});
  EXPECT_THAT(program.output({"explain", "1"}), HasSubstr("it failed"));
  EXPECT_EQ(code("2"), "scheduled");
  EXPECT_EQ(code("3"), "scheduled");
  EXPECT_EQ(reasons("3").at(1).at("code"), "no_workers");
}

TEST_F(Explain, KnowsWhatALiveWorkerCannotTake) {
  program.output({"enqueue", "t.mail"});
  program.output({"enqueue", "t.double", "a=1", "--node", "elsewhere"});
  Process worker{program.options({"worker", "run", "--slots", "1"})};
  EXPECT_TRUE(eventually([&] { return code("1") == "no_worker_serves_domain"; }));
  EXPECT_EQ(code("2"), "no_worker_on_node");
  program.output({"enqueue", "t.wait"});
  EXPECT_TRUE(eventually([&] { return code("3") == "running"; }));
  program.output({"enqueue", "t.double", "a=2"});
  EXPECT_TRUE(eventually([&] { return code("4") == "workers_busy"; }));
  program.output({"job", "abort", "3"});
  EXPECT_TRUE(eventually([&] { return code("4") == "done"; }));
}

TEST_F(Explain, KnowsThatNoWorkerHasTheTask) {
  const Program other{"runner_tasks"};
  program.set("STINT_STORE", "sqlite:" + program.folder() + "/shared.db");
  program.output({"enqueue", "t.double", "a=1"});
  ProcessOptions options = other.options({"worker", "run"});
  options.environment["STINT_STORE"] = "sqlite:" + program.folder() + "/shared.db";
  Process worker{options};
  EXPECT_TRUE(eventually([&] { return code("1") == "no_worker_has_task"; }));
  EXPECT_THAT(program.output({"explain", "1"}), HasSubstr("has the task \"t.double\""));
}

TEST_F(Explain, RefusesWhatIsNoJob) {
  const ProcessResult missing = program.run({"explain", "42"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("there is no job 42"));
  EXPECT_EQ(missing.out, "");
  EXPECT_EQ(program.run({"explain", "x"}).exit_code, 2);
  EXPECT_EQ(program.run({"explain"}).exit_code, 2);
}

TEST_F(Explain, IsColouredOnATerminalAlone) {
  program.output({"enqueue", "t.double", "a=1"});
  ProcessOptions options = program.options({"explain", "1"});
  options.terminal_columns = 80;
  options.environment["TERM"] = "xterm";
  EXPECT_THAT(run_process(options).out, HasSubstr("\x1b["));
}

}  // namespace
}  // namespace stint::test
