// The main of every test executable: as GoogleTest's own, and child processes' keeper if asked.
#include <gtest/gtest.h>
#include "process/keeper.hpp"

int main(int argc, char** argv) {
  stint::run_keeper_if_asked(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
