#include "runtime/program_run.hpp"
#include <string>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

class RunProgramTest : public ::testing::Test {
 protected:
  void script(const std::string& text) { run_.program.arguments = {"sh", "-c", text}; }
  ProgramEnd captured(const OutputCapture::Sink& sink) {
    OutputCapture capture{{}, sink};
    run_.capture = &capture;
    run_.stop = stop_.get_token();
    run_.kill = kill_.get_token();
    return run_program(keeper_, run_);
  }
  ProgramEnd captured() {
    return captured([this](const OutputLine& line) { printed_ += std::string{line.text} + "\n"; });
  }

  Keeper keeper_;
  ProgramRun run_;
  std::stop_source stop_;
  std::stop_source kill_;
  std::string printed_;
};

TEST_F(RunProgramTest, ReturnsHowItEndedAndAllThatItPrinted) {
  script("i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done; exit 5");
  const ProgramEnd end = captured();
  EXPECT_EQ(end.status.code, 5);
  EXPECT_FALSE(end.timed_out);
  EXPECT_TRUE(printed_.ends_with("\n1998\n1999\n"));
}

TEST_F(RunProgramTest, AsksFirst) {
  script("trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  run_.grace = 1h;
  const ProgramEnd end = captured([this](const OutputLine& line) {
    // The shell's own word on its sleeper, which the signal hits too, goes to the other stream.
    if (line.stream == OutputStream::kOut) printed_ += std::string{line.text} + "\n";
    if (line.text == "ready") stop_.request_stop();
  });
  EXPECT_EQ(end.status.code, 3);
  EXPECT_EQ(printed_, "ready\nasked\n");
}

TEST_F(RunProgramTest, KillsWhatIgnoresTheSignal) {
  script("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  run_.grace = 50ms;
  const ProgramEnd end = captured([this](const OutputLine& line) {
    if (line.text == "ready") stop_.request_stop();
  });
  EXPECT_EQ(end.status.signal, SIGKILL);
}

TEST_F(RunProgramTest, WakesWhatIsStopped) {
  script("echo ready; kill -STOP $$");
  run_.grace = 1h;
  const ProgramEnd end = captured([this](const OutputLine& line) {
    if (line.text == "ready") stop_.request_stop();
  });
  EXPECT_TRUE(end.status.signal == SIGTERM || end.status.code == 0) << end.status.signal;
}

TEST_F(RunProgramTest, KillsAtOnceWhenThatIsAskedFor) {
  script("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  run_.grace = 1h;
  const ProgramEnd end = captured([this](const OutputLine& line) {
    if (line.text == "ready") kill_.request_stop();
  });
  EXPECT_EQ(end.status.signal, SIGKILL);
}

TEST_F(RunProgramTest, EndsItAtTheTimeout) {
  script("exec sleep 1000");
  run_.timeout = 50ms;
  const ProgramEnd end = captured();
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.status.signal, SIGTERM);
}

// As in a worker whose store is down: nobody takes the output, and the program waits for that.
TEST_F(RunProgramTest, ServesAStopWhileNothingMayBeRead) {
  script("exec yes");
  int looks = 0;
  run_.may_read = [&] {
    constexpr int kEnough = 3;
    if (++looks == kEnough) stop_.request_stop();
    return false;
  };
  const ProgramEnd end = captured();
  EXPECT_EQ(end.status.signal, SIGTERM);
}

TEST_F(RunProgramTest, EndsWhatIsLeftOfItsProcesses) {
  script("(trap '' TERM HUP; exec sleep 1000) & exit 0");
  EXPECT_EQ(captured().status.code, 0);  // and returns though the sleeper held the pipes
}

TEST_F(RunProgramTest, StartsNothingThatIsNotThere) {
  run_.program.arguments = {"no-such-program-at-all"};
  try {
    captured();
    FAIL() << "it was started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_EQ(error.native_code(), "ENOENT");
  }
}

}  // namespace
}  // namespace stint
