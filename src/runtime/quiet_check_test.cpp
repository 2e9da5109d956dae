#include "runtime/quiet_check.hpp"
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <functional>
#include <gtest/gtest.h>

namespace stint {
namespace {

/// A copy of this process whose standard output and error are pipes does something between the two
/// looks: it exits with 0 if that was quiet.
int exit_code_after(const std::function<void()>& job) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::array<int, 2> out{};
    std::array<int, 2> error{};
    if (::pipe(out.data()) != 0 || ::pipe(error.data()) != 0) ::_exit(9);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(error[1], STDERR_FILENO);
    QuietCheck check;
    check.begin();
    job();
    ::_exit(check.is_quiet() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void write_to(int descriptor) { EXPECT_EQ(::write(descriptor, "x", 1), 1); }

TEST(QuietCheck, IsContentWithNothing) {
  EXPECT_EQ(exit_code_after([] {}), 0);
}

TEST(QuietCheck, SeesOutput) {
  EXPECT_EQ(exit_code_after([] { write_to(STDOUT_FILENO); }), 1);
  EXPECT_EQ(exit_code_after([] { write_to(STDERR_FILENO); }), 1);
}

TEST(QuietCheck, SeesAStreamThatLeadsElsewhere) {
  EXPECT_EQ(exit_code_after([] { ::close(STDOUT_FILENO); }), 1);
  EXPECT_EQ(exit_code_after([] { ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO); }), 1);
}

TEST(QuietCheck, SeesAChild) {
  EXPECT_EQ(exit_code_after([] {
              std::array<int, 2> lives{};  // closed by the end of the parent
              if (::pipe(lives.data()) != 0 || ::fork() != 0) return;
              ::close(lives[1]);
              char nothing = 0;
              while (::read(lives[0], &nothing, 1) > 0) {
              }
              ::_exit(0);
            }),
            1);
}

TEST(QuietCheck, SeesAChildThatHasEnded) {
  EXPECT_EQ(exit_code_after([] {
              if (::fork() == 0) ::_exit(0);
              ::wait(nullptr);
            }),
            1);
  EXPECT_EQ(exit_code_after([] { EXPECT_EQ(::system("true"), 0); }), 1);
}

TEST(QuietCheck, SeesAForkWhoseEndNobodyHearsOf) {
  EXPECT_EQ(exit_code_after([] {
              ::signal(SIGCHLD, SIG_IGN);
              if (::fork() == 0) ::_exit(0);
              while (::wait(nullptr) > 0) {
              }
            }),
            1);
}

}  // namespace
}  // namespace stint
