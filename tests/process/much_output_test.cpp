// A task that prints without end. 100 MB of output; at full size (STINT_FULL=1) 1 GB.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include "stint/json.hpp"
#include "support/grim_worker.hpp"
#include "support/store_contract.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

class MuchOutput : public GrimWorker {
 protected:
  /// The most memory that a process ever had, in KiB.
  static long peak_memory(pid_t process) {
    std::ifstream file{fmt::format("/proc/{}/status", process)};
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    }
    return 0;
  }
};
STINT_ON_EVERY_STORE(MuchOutput);

TEST_P(MuchOutput, IsCutWithAMarkAndCostsTheWorkerLittleMemory) {
  const int megabytes = is_full_size() ? 1024 : 100;
  Process running{worker(1)};
  EXPECT_EQ(wait_for(enqueue("g.fine")).state, JobState::kDone);
  const JobId id = enqueue({.task = "g.print", .args = json{{"megabytes", megabytes}}.dump()});
  EXPECT_EQ(wait_for(id, std::chrono::minutes{2}).state, JobState::kDone);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep books of memory
  EXPECT_LT(peak_memory(running.pid()), 100 * 1024) << "KiB";
#endif
  const std::string log = program.output({"job", "logs", std::to_string(id.value)});
  EXPECT_THAT(log.substr(log.size() - std::min<std::size_t>(log.size(), 300)),
              HasSubstr("output cut here"));
  EXPECT_LT(log.size(), std::size_t{12} << 20);
  EXPECT_GT(log.size(), std::size_t{4} << 20);
  expect_end(running);
}

}  // namespace
}  // namespace stint::test
