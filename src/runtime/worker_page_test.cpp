#include "runtime/worker_page.hpp"
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/child.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

class WorkerPageTest : public ::testing::Test {
 protected:
  std::string folder() const { return (root_.path() / "pages").string(); }
  static PageObservation look(const std::string& path) {
    return observe_page(machine_boot_id(), path);
  }

  test::TemporaryFolder root_;
};

TEST_F(WorkerPageTest, ShowsALivingWorkerAndWhatItRuns) {
  WorkerPage page{folder()};
  page.begin(2, JobId{7}, Epoch{4});
  page.begin(1023, JobId{9}, Epoch{1});
  const PageObservation seen = look(page.path());
  EXPECT_FALSE(seen.is_dead);
  ASSERT_TRUE(seen.started);
  EXPECT_EQ(*seen.started, (std::vector<StartedJob>{{JobId{7}, Epoch{4}}, {JobId{9}, Epoch{1}}}));
  page.end(2);
  EXPECT_EQ(*look(page.path()).started, (std::vector<StartedJob>{{JobId{9}, Epoch{1}}}));
}

TEST_F(WorkerPageTest, ShowsTheDeathOfAnotherProcessAndWhatItRan) {
  test::Child child{{test::test_program("hold_page"), folder()}};
  const std::string path = child.read_line();
  EXPECT_FALSE(look(path).is_dead);
  child.signal(SIGKILL);
  child.wait();
  const PageObservation seen = look(path);
  EXPECT_TRUE(seen.is_dead);
  ASSERT_TRUE(seen.started);
  EXPECT_EQ(*seen.started, (std::vector<StartedJob>{{JobId{11}, Epoch{3}}, {JobId{13}, Epoch{1}}}));
}

TEST_F(WorkerPageTest, DoesNotTakeAStoppedProcessForDead) {
  test::Child child{{test::test_program("hold_page"), folder()}};
  const std::string path = child.read_line();
  child.signal(SIGSTOP);
  EXPECT_FALSE(look(path).is_dead);
  child.signal(SIGCONT);
}

TEST_F(WorkerPageTest, ProvesNothingOnAnotherBoot) {
  WorkerPage page{folder()};
  const PageObservation seen = observe_page("another-boot", page.path());
  EXPECT_FALSE(seen.is_dead);
  EXPECT_FALSE(seen.started);
}

TEST_F(WorkerPageTest, ProvesNothingIfThePageIsGoneOrForeign) {
  EXPECT_FALSE(look("").started);
  EXPECT_FALSE(look(folder() + "/none").started);
  const std::string other = (root_.path() / "other").string();
  std::ofstream{other} << std::string(4096, 'x');
  EXPECT_FALSE(look(other).is_dead);
  EXPECT_FALSE(look(other).started);
  std::ofstream{other} << "short";
  EXPECT_FALSE(look(other).is_dead);
}

TEST_F(WorkerPageTest, FollowsNoSymbolicLink) {
  WorkerPage page{folder()};
  const std::string link = (root_.path() / "link").string();
  std::filesystem::create_symlink(page.path(), link);
  EXPECT_FALSE(look(link).started);
}

TEST_F(WorkerPageTest, IsPrivateAndGoesWithItsOwner) {
  std::string path;
  {
    WorkerPage page{folder()};
    path = page.path();
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(folder().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(WorkerPageTest, RefusesAFolderThatOthersCanReach) {
  std::filesystem::create_directory(folder());
  ::chmod(folder().c_str(), 0755);
  try {
    WorkerPage page{folder()};
    FAIL() << "the folder was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_NE(std::string{error.what()}.find(folder()), std::string::npos);
  }
}

TEST_F(WorkerPageTest, HasOneForEachWorkerOfAProcess) {
  WorkerPage first{folder()};
  WorkerPage second{folder()};
  EXPECT_NE(first.path(), second.path());
  EXPECT_FALSE(look(first.path()).is_dead);
  EXPECT_FALSE(look(second.path()).is_dead);
}

}  // namespace
}  // namespace stint
