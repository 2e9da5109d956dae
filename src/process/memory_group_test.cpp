#include "process/memory_group.hpp"
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>

namespace stint {
namespace {

constexpr const char* kMounts =
    "30 20 0:26 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu\n"
    "31 20 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "32 20 0:28 / /sys/fs/cgroup/unified rw shared:4 master:1 - cgroup2 cgroup2 rw\n";

TEST(MemoryController, IsFoundInTheFirstVersion) {
  const auto found = find_memory_controller("5:cpu:/x\n4:memory:/a/b\n0::/\n", kMounts);
  EXPECT_EQ(found.directory, "/sys/fs/cgroup/memory/a/b");
  EXPECT_FALSE(found.is_v2);
}

TEST(MemoryController, IsFoundInTheSecondVersion) {
  const auto found = find_memory_controller("0::/system.slice/images.service\n", kMounts);
  EXPECT_EQ(found.directory, "/sys/fs/cgroup/unified/system.slice/images.service");
  EXPECT_TRUE(found.is_v2);
}

TEST(MemoryController, IsFoundWhereTheMountBeginsFurtherDown) {
  const auto found = find_memory_controller(
      "4:memory:/docker/7f\n", "31 20 0:27 /docker/7f /cg/memory rw - cgroup cgroup rw,memory\n");
  EXPECT_EQ(found.directory, "/cg/memory");
}

TEST(MemoryController, IsMissing) {
  EXPECT_EQ(find_memory_controller("", kMounts).directory, "");
  EXPECT_EQ(find_memory_controller("4:memory:/a\n", "").directory, "");
  EXPECT_EQ(find_memory_controller("garbage\n::\n", "more - garbage\n- - - -\n").directory, "");
}

/// Where this machine lets one be made.
class MemoryGroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    group_ = MemoryGroup::make();
    if (!group_) GTEST_SKIP() << "no control group for memory can be made here";
  }
  std::unique_ptr<MemoryGroup> group_;
};

/// Start a process that waits for a byte, then touches so much memory and exits.
class Eater final {
 public:
  explicit Eater(std::size_t bytes) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    process_ = ::fork();
    if (process_ == 0) {
      char go = 0;
      if (::read(ends[0], &go, 1) != 1) ::_exit(2);
      void* const memory =
          ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      std::memset(memory, 1, bytes);
      ::_exit(0);
    }
    ::close(ends[0]);
    go_ = ends[1];
  }
  pid_t process() const { return process_; }
  int eat() const {
    EXPECT_EQ(::write(go_, "x", 1), 1);
    ::close(go_);
    int status = 0;
    ::waitpid(process_, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t process_ = 0;
  int go_ = -1;
};

TEST_F(MemoryGroupTest, KillsAtTheLimit) {
  const Eater small{std::size_t{4} << 20};
  const Eater large{std::size_t{200} << 20};
  ASSERT_TRUE(group_->limit(32 << 20));
  ASSERT_TRUE(group_->add(small.process()));
  ASSERT_TRUE(group_->add(large.process()));
  EXPECT_EQ(small.eat(), 0);
  EXPECT_EQ(group_->kills(), 0);
  EXPECT_EQ(large.eat(), -SIGKILL);
  EXPECT_EQ(group_->kills(), 1);
}

TEST_F(MemoryGroupTest, IsGoneAtItsEnd) {
  const std::string directory = group_->directory();
  EXPECT_TRUE(std::filesystem::exists(directory));
  group_.reset();
  EXPECT_FALSE(std::filesystem::exists(directory));
}

}  // namespace
}  // namespace stint
