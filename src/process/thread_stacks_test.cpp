#include "process/thread_stacks.hpp"
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "process/find_children.hpp"
#include "process/halted_thread.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using test::Child;
using test::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

ProcessStacks look_at(pid_t process) {
  return read_stacks(process, [] { return true; }, std::chrono::steady_clock::now() + 10s);
}

std::string text_of(const ProcessStacks& stacks) {
  std::string text;
  for (const std::string& line : stack_lines(stacks)) text += line + "\n";
  return text;
}

bool sleeps(const Child& child) {
  return thread_status(child.pid(), child.pid(), "State").starts_with("S") &&
         thread_status(child.pid(), child.pid(), "Name") == "sleep";
}

TEST(ThreadStacks, AreReadFromAnyProgram) {
  Child sleep{{"/bin/sleep", "60"}};
  ASSERT_TRUE(eventually([&] { return sleeps(sleep); }));
  const ProcessStacks stacks = look_at(sleep.pid());
  EXPECT_EQ(stacks.problem, "");
  EXPECT_EQ(stacks.program, "/bin/sleep") << "arguments may be secrets";
  ASSERT_THAT(stacks.threads, SizeIs(1));
  EXPECT_EQ(stacks.threads[0].thread, sleep.pid());
  EXPECT_EQ(stacks.threads[0].name, "sleep");
  EXPECT_THAT(stacks.threads[0].frames, Not(IsEmpty()));
  EXPECT_THAT(text_of(stacks), HasSubstr("nanosleep"));
  EXPECT_THAT(text_of(stacks), HasSubstr("libc.so.6+0x"));
  EXPECT_EQ(thread_status(sleep.pid(), sleep.pid(), "TracerPid"), "0") << "it was let go";
  sleep.signal(SIGTERM);
  EXPECT_TRUE(WIFSIGNALED(sleep.wait()));
}

TEST(ThreadStacks, LeaveAStoppedProcessStopped) {
  Child sleep{{"/bin/sleep", "60"}};
  ASSERT_TRUE(eventually([&] { return sleeps(sleep); }));
  sleep.signal(SIGSTOP);
  const auto is_stopped = [&] {
    return thread_status(sleep.pid(), sleep.pid(), "State").starts_with("T");
  };
  ASSERT_TRUE(eventually(is_stopped));
  EXPECT_THAT(text_of(look_at(sleep.pid())), HasSubstr("nanosleep"));
  EXPECT_TRUE(eventually(is_stopped));
  EXPECT_EQ(thread_status(sleep.pid(), sleep.pid(), "TracerPid"), "0");
}

TEST(ThreadStacks, AreNotReadOfAnotherProcess) {
  Child sleep{{"/bin/sleep", "60"}};
  ASSERT_TRUE(eventually([&] { return sleeps(sleep); }));
  const ProcessStacks stacks =
      read_stacks(sleep.pid(), [] { return false; }, std::chrono::steady_clock::now() + 10s);
  EXPECT_THAT(stacks.threads, IsEmpty());
  EXPECT_EQ(stacks.problem, "it has ended");
  EXPECT_FALSE(sleep.has_ended());
}

TEST(ThreadStacks, SayThatAProcessHasEnded) {
  Child nothing{{"/bin/true"}};
  ASSERT_TRUE(eventually([&] { return nothing.has_ended(); }));
  const ProcessStacks zombie = look_at(nothing.pid());
  EXPECT_THAT(zombie.threads, IsEmpty());
  EXPECT_NE(zombie.problem, "");
  nothing.wait();
  EXPECT_NE(look_at(nothing.pid()).problem, "");
}

TEST(ThreadStacks, SayThatTimeIsUp) {
  Child sleep{{"/bin/sleep", "60"}};
  ASSERT_TRUE(eventually([&] { return sleeps(sleep); }));
  const ProcessStacks stacks =
      read_stacks(sleep.pid(), [] { return true; }, std::chrono::steady_clock::now());
  EXPECT_THAT(stacks.threads, IsEmpty());
  EXPECT_THAT(stacks.problem, HasSubstr("no time"));
}

TEST(ThreadStacks, SayWhoTracesAThreadAlready) {
  Child sleep{{"/bin/sleep", "60"}};
  ASSERT_TRUE(eventually([&] { return sleeps(sleep); }));
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, sleep.pid(), nullptr, nullptr), 0);
  EXPECT_THAT(text_of(look_at(sleep.pid())),
              HasSubstr("process " + std::to_string(::getpid()) + " traces it"));
}

// Whoever waits for its vfork child halts for nobody. (TSan makes a fork of it, which nobody waits
// for.)
#if !defined(__SANITIZE_THREAD__)
TEST(ThreadStacks, LetGoOfAThreadThatDoesNotHalt) {
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::setpgid(0, 0);
    if (::vfork() == 0) {  // NOLINT: it is what this is about
      for (;;) ::pause();
    }
    ::_exit(0);
  }
  ASSERT_GT(parent, 0);
  EXPECT_TRUE(eventually([&] { return find_descendants(parent).size() == 2; }));
  EXPECT_TRUE(eventually([&] { return thread_status(parent, parent, "State").starts_with("D"); }));
  const ProcessStacks stacks = look_at(parent);
  EXPECT_THAT(text_of(stacks), HasSubstr("it does not halt: state D"));
  EXPECT_EQ(thread_status(parent, parent, "TracerPid"), "0");
  for (const pid_t process : find_descendants(parent)) ::kill(process, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(parent, &status, 0), parent);
}
#endif

TEST(ThreadStacks, AreWrittenWithWhatIsKnown) {
  const ThreadStack stack{.thread = 7,
                          .name = "main",
                          .frames = {{.address = 0x10,
                                      .function = "f()",
                                      .function_offset = 4,
                                      .module = "m",
                                      .module_offset = 0x20,
                                      .source = "f.cpp:3"},
                                     {.address = 0x99}},
                          .is_cut = true,
                          .problem = "no more"};
  EXPECT_THAT(stack_lines(stack),
              ::testing::ElementsAre("thread 7 \"main\"", "  #0  f()+0x4 at f.cpp:3 (m+0x20)",
                                     "  #1  0x99", "  (deeper frames are not shown)",
                                     "  (the rest is not known: no more)"));
}

}  // namespace
}  // namespace stint
