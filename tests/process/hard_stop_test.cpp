// Processes that wait in the kernel, and what an abort does about them.
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include "support/eventually.hpp"
#include "support/grim_worker.hpp"
#include "support/processes.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class HardStop : public GrimWorker {};
STINT_ON_EVERY_STORE(HardStop);

#if !defined(__SANITIZE_THREAD__)  // it makes a fork of vfork

/// The letter that /proc shows: D in the kernel, not to be woken by signals.
char process_state(pid_t process) {
  std::ifstream file{fmt::format("/proc/{}/stat", process)};
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(") ");
  return name_end == std::string::npos ? '?' : text[name_end + 2];
}

TEST_P(HardStop, EndsWhatWaitsInTheKernel) {
  const JobId id = enqueue("g.wait_in_kernel");
  Process running{worker(1)};
  const pid_t process = wait_for_start("wait_in_kernel").process;
  ASSERT_TRUE(eventually([&] { return process_state(process) == 'D'; })) << process_state(process);
  store_->abort(id, "enough");
  EXPECT_EQ(wait_for(id).state, JobState::kAborted);
  EXPECT_TRUE(eventually([&] { return !is_there(process); }));
  EXPECT_EQ(wait_for(enqueue("g.fine")).state, JobState::kDone);
  expect_end(running);
}
#endif

/// A group of processes that the kernel does not run, and which therefore cannot even die: of the
/// freezer of cgroup v1, where root may make one. Let go with the object.
class Freezer final {
 public:
  Freezer() : folder_(fmt::format("/sys/fs/cgroup/freezer/stint-test-{}", ::getpid())) {
    std::error_code error;
    is_usable_ = fs::exists("/sys/fs/cgroup/freezer/freezer.state", error) ||
                 fs::exists("/sys/fs/cgroup/freezer/cgroup.procs", error);
    is_usable_ = is_usable_ && fs::create_directory(folder_, error) &&
                 fs::exists(folder_ / "freezer.state", error);
  }
  ~Freezer() {
    thaw();
    std::error_code error;
    static_cast<void>(eventually([&] { return fs::remove(folder_, error); }));
  }
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;

  bool is_usable() const { return is_usable_; }
  /// Take in a process and stop it for good.
  void freeze(pid_t process) const {
    write("cgroup.procs", std::to_string(process));
    write("freezer.state", "FROZEN");
    EXPECT_TRUE(eventually([&] { return read("freezer.state") == "FROZEN"; }));
  }
  void thaw() const { write("freezer.state", "THAWED"); }

 private:
  void write(const char* name, const std::string& text) const {
    std::ofstream{folder_ / name} << text << std::flush;
  }
  std::string read(const char* name) const {
    std::string text;
    std::ifstream{folder_ / name} >> text;
    return text;
  }

  const fs::path folder_;
  bool is_usable_ = false;
};

TEST_P(HardStop, GoesOnWithoutAProcessThatCannotDie) {
  const Freezer freezer;
  if (!freezer.is_usable()) GTEST_SKIP() << "needs root and the freezer of cgroup v1";
  const JobId id = enqueue("g.deaf");
  Process running{worker(1)};
  const pid_t process = wait_for_start("deaf").process;
  freezer.freeze(process);
  store_->abort(id, "enough");
  EXPECT_EQ(wait_for(id).state, JobState::kAborted);
  EXPECT_THAT(running.err(), HasSubstr(fmt::format("process {} of job {}", process, id.value)));
  EXPECT_THAT(running.err(), HasSubstr("hangs in the kernel"));
  EXPECT_TRUE(is_there(process));
  EXPECT_EQ(wait_for(enqueue("g.fine")).state, JobState::kDone);
  freezer.thaw();
  EXPECT_TRUE(eventually([&] { return !is_there(process); }));
  expect_end(running);
}

}  // namespace
}  // namespace stint::test
