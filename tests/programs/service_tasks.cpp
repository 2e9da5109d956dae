// What services and containers are tested with: a task that waits to be stopped, one that leaves a
// process without a parent, and threads that can be halted by STINT_TEST_POINTS.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <stint/stint.hpp>
#include "base/test_point.hpp"

using namespace std::chrono_literals;

namespace {

// The file `begun` in the working folder says that it runs.
void wait_for_stop(stint::Job& job) {
  std::ofstream{"begun"} << "begun\n";
  job.sleep_for(60s);
}

// What it leaves behind ends once there is a file `go`.
void leave_orphan() {
  if (std::system("sh -c 'while [ ! -e go ]; do sleep 0.02; done' & :") != 0) {
    throw std::runtime_error{"sh failed"};
  }
}

}  // namespace

STINT_MODULE(s, m) {
  m.task("nothing", [] {});
  m.task("wait", wait_for_stop);
  m.task("leave_orphan", leave_orphan);
}

int main(int argc, char** argv) {
  try {
    stint::arm_test_points_from_environment();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  return stint::main(argc, argv, {s});
}
