// `memory:` and `fault+URL` as commands and whole programs meet them.
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(MemoryStore, IsRefusedByCommandsThatWouldLoseIt) {
  const Program noop{"noop"};
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"enqueue", "noop.run"}, {"job", "list"}, {"db", "status"}}) {
    std::vector<std::string> line = words;
    line.insert(line.end(), {"--store", "memory:"});
    const ProcessResult result = noop.run(line);
    EXPECT_EQ(result.exit_code, 78) << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("in the memory of the process that opens it"),
                                  HasSubstr("use --store sqlite:FILE")));
  }
}

TEST(MemoryStore, IsTakenByAWorker) {
  const Program noop{"noop"};
  for (const char* const isolation : {"thread", "process"}) {
    const ProcessResult result =
        noop.run({"worker", "run", "--drain", "--isolation", isolation, "--store", "memory:"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("only this process sees it"));
  }
}

TEST(MemoryStore, IsTheWorkersAloneWhereTasksRunInProcesses) {
  const Program service{"memory_service"};
  const std::string out = service.output({});
  EXPECT_THAT(out, AllOf(HasSubstr("child: 42\n"),
                         HasSubstr("by client: the store memory:service cannot be opened: it is "
                                   "in the memory of the worker")));
}

TEST(FaultStore, IsMetByCommands) {
  const Program noop{"noop"};
  const std::string file = "sqlite:" + noop.folder() + "/jobs.db";
  const ProcessResult failed =
      noop.run({"enqueue", "noop.run", "--store", "fault+" + file + "?error_rate=1&seed=7"});
  EXPECT_EQ(failed.exit_code, 69);
  EXPECT_THAT(failed.err, HasSubstr("the call enqueue did not reach the store"));
  EXPECT_EQ(noop.output({"job", "list", "--json", "--store", file}), "");
  const ProcessResult lost = noop.run(
      {"enqueue", "noop.run", "--store", "fault+" + file + "?unknown_rate=1&calls=enqueue"});
  EXPECT_EQ(lost.exit_code, 69);
  EXPECT_THAT(lost.err, HasSubstr("reply to the call enqueue was lost"));
  EXPECT_THAT(noop.output({"job", "list", "--json", "--store", file}), HasSubstr("noop.run"));
  const ProcessResult wrong = noop.run({"job", "list", "--store", "fault+" + file + "?latncy=1s"});
  EXPECT_EQ(wrong.exit_code, 78);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"latency\"?"));
}

}  // namespace
}  // namespace stint::test
