// The command line as the first process of a PID namespace, as in a container.
#include <fcntl.h>
#include <pty.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/unique_fd.hpp"
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/processes.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

/// What makes a namespace: root may, and where the kernel lets them, others too.
const std::vector<std::string> kUnshare{"--pid", "--fork", "--mount-proc", "--kill-child"};

class ContainerProcess : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> attempt = kUnshare;
    attempt.emplace_back("true");
    const ProcessResult result = run_process({.program = "/usr/bin/unshare", .arguments = attempt});
    if (result.exit_code == 0) return;
    if (is_required("namespaces")) FAIL() << result.err;
    GTEST_SKIP() << "no PID namespace can be made here (unshare --pid): " << result.err;
  }

  /// Start the program as the first process of a namespace.
  ProcessOptions contained(const std::vector<std::string>& line) const {
    ProcessOptions options = program.options(line);
    std::vector<std::string> words = kUnshare;
    words.push_back(options.program);
    words.insert(words.end(), line.begin(), line.end());
    options.program = "/usr/bin/unshare";
    options.arguments = words;
    return options;
  }
  /// The id of the namespace's first process, as we see it. The child of `unshare`.
  static pid_t first_of(const Process& unshare) {
    pid_t first = 0;
    EXPECT_TRUE(eventually([&] {
      const std::vector<pid_t> children = children_of(unshare.pid());
      if (children.size() == 1) first = children.front();
      return children.size() == 1;
    }));
    return first;
  }
  std::string state(const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}))["state"];
  }
  bool has_file(const std::string& name) const {
    return std::filesystem::exists(program.folder() + "/" + name);
  }

  Program program{"service_tasks"};
};

TEST_F(ContainerProcess, WorkerDrainsOnASignal) {
  program.output({"enqueue", "s.wait"});
  Process container{contained({"worker", "run"})};
  const pid_t first = first_of(container);
  ASSERT_TRUE(eventually([&] { return has_file("begun"); }));
  ASSERT_EQ(::kill(first, SIGTERM), 0);
  ASSERT_TRUE(
      eventually([&] { return container.err().find("asked to end") != std::string::npos; }));
  EXPECT_FALSE(container.has_ended());
  program.output({"job", "abort", "1"});
  EXPECT_EQ(container.wait().exit_code, 0);
  EXPECT_EQ(state("1"), "aborted");
}

TEST_F(ContainerProcess, OrphansAreReaped) {
  Process container{contained({"worker", "run", "--slots", "1"})};
  const pid_t first = first_of(container);
  program.output({"enqueue", "s.leave_orphan", "--wait"});
  EXPECT_TRUE(eventually([&] { return children_of(first).size() == 2; })) << "it is adopted";
  std::ofstream{program.folder() + "/go"} << "go\n";
  EXPECT_TRUE(eventually([&] { return children_of(first).size() == 1; })) << "and then reaped";
  ::kill(first, SIGTERM);
  EXPECT_EQ(container.wait().exit_code, 0);
}

TEST_F(ContainerProcess, EndsAsTheProgramEnds) {
  EXPECT_EQ(run_process(contained({"run", "--", "sh", "-c", "exit 7"})).exit_code, 7);
  EXPECT_EQ(run_process(contained({"job", "show", "99"})).exit_code, 3);
  const ProcessResult version = run_process(contained({"--version"}));
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, HasSubstr("service_tasks "));
}

TEST_F(ContainerProcess, SignalsEndACommandThatHandlesNone) {
  program.output({"enqueue", "s.nothing"});
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    // It waits for a job that nobody executes.
    Process container{contained({"job", "wait", "1"})};
    const pid_t first = first_of(container);
    ASSERT_TRUE(eventually([&] { return children_of(first).size() == 1; }));
    ::kill(first, signal);
    EXPECT_EQ(container.wait().exit_code, 128 + signal);
  }
}

TEST_F(ContainerProcess, TheEndOfItsTerminalEndsIt) {
  program.output({"enqueue", "s.nothing"});
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  UniqueFd terminal{master};
  UniqueFd output{slave};
  ASSERT_EQ(::fcntl(master, F_SETFD, FD_CLOEXEC), 0);  // it ends once we close it
  // The first process leads the terminal's session: it alone is told that the terminal is gone.
  ProcessOptions options = contained({"job", "wait", "1"});
  options.arguments.insert(options.arguments.begin() + std::ssize(kUnshare),
                           {"sh", "-c", R"(exec setsid --ctty -- "$@" <&1)", "sh"});
  options.output_descriptor = output.get();
  Process container{options};
  output.reset();
  const pid_t first = first_of(container);
  ASSERT_TRUE(eventually([&] { return children_of(first).size() == 1; }));
  terminal.reset();
  EXPECT_EQ(container.wait().exit_code, 128 + SIGHUP);
}

TEST_F(ContainerProcess, RunnerEndsItsCommand) {
  Process container{contained({"run", "--lock-name", "container", "--run-interval", "1h", "--",
                               "sh", "-c", "touch begun; exec sleep 600"})};
  const pid_t first = first_of(container);
  ASSERT_TRUE(eventually([&] { return has_file("begun"); }));
  ::kill(first, SIGTERM);
  EXPECT_EQ(container.wait().exit_code, 128 + SIGTERM);
}

TEST_F(ContainerProcess, DeathOfTheProgramEndsTheContainer) {
  Process container{contained({"worker", "run"})};
  const pid_t first = first_of(container);
  std::vector<pid_t> children;
  ASSERT_TRUE(eventually([&] {
    children = children_of(first);
    return children.size() == 1;
  }));
  ::kill(children.front(), SIGKILL);
  EXPECT_EQ(container.wait().exit_code, 128 + SIGKILL);
}

}  // namespace
}  // namespace stint::test
