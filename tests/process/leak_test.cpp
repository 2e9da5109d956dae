// Whether a worker with process slots keeps what it opens and starts within bounds.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/grim_worker.hpp"
#include "support/processes.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;

// A worker has as many connections to the store as it has threads that wait for it, at most.
constexpr std::size_t kMostConnections = 8;

/// The numbers of all TCP sockets, as links of descriptors name them.
std::set<std::string> connections() {
  std::set<std::string> found;
  for (const char* name : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file{name};
    for (std::string line; std::getline(file, line);) {
      std::istringstream words{line};
      std::string word;
      for (int i = 0; i < 10; ++i) words >> word;
      found.insert(fmt::format("socket:[{}]", word));
    }
  }
  return found;
}

/// What a process has open: connections, which a pool keeps, and all else.
struct Descriptors {
  std::size_t connections = 0;
  std::size_t others = 0;
};

Descriptors count_open(pid_t process) {
  const std::set<std::string> known = connections();
  Descriptors count;
  for (const auto& entry : fs::directory_iterator{fmt::format("/proc/{}/fd", process)}) {
    std::error_code closed_meanwhile;
    const std::string link = fs::read_symlink(entry.path(), closed_meanwhile).string();
    ++(known.contains(link) ? count.connections : count.others);
  }
  return count;
}

/// A worker with two slots whose descriptors and processes are counted.
class Leaks : public GrimWorker {
 protected:
  static constexpr int kSlots = 2;

  /// Ten jobs: most do well, one of each ends its process in another way.
  void run_ten() {
    const NewJob once{.task = "g.exit", .flags = JobFlags{JobFlags::kAtMostOnce}};
    const NewJob in_time{.task = "g.deaf", .timeout = std::chrono::milliseconds{50}};
    std::vector<JobId> jobs{enqueue(once), enqueue(in_time)};
    for (int i = 0; i < 7; ++i) jobs.push_back(enqueue("g.fine"));
    const JobId deaf = enqueue("g.deaf");
    jobs.push_back(deaf);
    deaf_ += 2;
    wait_for_start("deaf", deaf_);
    store_->abort(deaf, "enough");
    for (const JobId id : jobs) wait_for(id);
    EXPECT_EQ(find(jobs[0]).cause, "crash");
    EXPECT_EQ(find(jobs[1]).cause, "timeout");
    EXPECT_EQ(state(jobs[2]), JobState::kDone);
    EXPECT_EQ(state(deaf), JobState::kAborted);
  }

  /// Have a process in each slot, and a spare.
  void fill_slots(const Process& worker) {
    const auto is_full = [&] {
      const json args{{"place", fmt::format("meeting{}", ++meetings_)}};
      const NewJob meet{.task = "g.meet", .args = args.dump()};
      const std::vector<Enqueued> both = store_->enqueue(std::vector<NewJob>{meet, meet});
      for (const Enqueued& one : both) wait_for(one.id);
      return children_of(keeper_of(worker)).size() == kSlots + 1;
    };
    EXPECT_TRUE(eventually(is_full)) << children_of(keeper_of(worker)).size();
  }

  static pid_t keeper_of(const Process& worker) {
    const std::vector<pid_t> children = children_of(worker.pid());
    EXPECT_EQ(children.size(), 1U);
    return children.empty() ? 0 : children.front();
  }

 private:
  std::size_t deaf_ = 0;
  int meetings_ = 0;
};
STINT_ON_EVERY_STORE(Leaks);

TEST_P(Leaks, NoDescriptorAndNoProcess) {
  constexpr int kTens = 20;
  Process running{worker(kSlots)};
  run_ten();
  fill_slots(running);
  const pid_t keeper = keeper_of(running);
  const std::size_t of_worker = count_open(running.pid()).others;
  const std::size_t of_keeper = count_open(keeper).others;
  for (int i = 1; i < kTens; ++i) run_ten();
  fill_slots(running);
  EXPECT_EQ(keeper_of(running), keeper);
  // What a job needs is closed a moment after its end.
  EXPECT_TRUE(eventually([&] { return count_open(running.pid()).others == of_worker; }))
      << of_worker << ", then " << count_open(running.pid()).others;
  EXPECT_TRUE(eventually([&] { return count_open(keeper).others == of_keeper; }))
      << of_keeper << ", then " << count_open(keeper).others;
  EXPECT_LE(count_open(running.pid()).connections, kMostConnections);
  expect_end(running);
}

}  // namespace
}  // namespace stint::test
