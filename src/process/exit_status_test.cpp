#include "process/exit_status.hpp"
#include <csignal>
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(ExitStatus, NamesSignals) {
  EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(42), "signal 42");
  EXPECT_EQ(signal_name(0), "signal 0");
}

TEST(ExitStatus, SaysHowAProcessEnded) {
  EXPECT_EQ(describe({.code = 3}), "exit code 3");
  EXPECT_EQ(describe({}), "exit code 0");
  EXPECT_EQ(describe({.signal = SIGSEGV, .dumped_core = true}), "signal SIGSEGV (core dumped)");
  EXPECT_EQ(describe({.signal = SIGTERM}), "signal SIGTERM");
  EXPECT_EQ(describe({.signal = 42}), "signal 42");
}

}  // namespace
}  // namespace stint
