// What only a lock of files has; the rest is in the contract.
#include "backends/flock/flock_lock.hpp"
#include <sys/stat.h>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "stint/settings.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using ::testing::HasSubstr;

class FlockLockTest : public ::testing::Test {
 protected:
  std::unique_ptr<LockBackend> lock() const {
    const Settings settings = load_settings(
        LoadOptions{.toml = "[one_instance.flock]\ndirectory = \"" + locks().string() + "\"\n",
                    .use_environment = false});
    return make_flock_lock(
        {.settings = settings, .table = "one_instance.flock", .task = "a.b", .key = "a"});
  }
  std::filesystem::path locks() const { return folder_.path() / "locks"; }

  static LockHold hold(const LockRequest& request, const LockAttempt& attempt) {
    return {.owner_id = request.owner.id, .token = attempt.token, .ttl = request.ttl};
  }

  const LockRequest request_{.owner = this_process_as_owner("a.b")};
  test::TemporaryFolder folder_;
};

TEST_F(FlockLockTest, NeedsNoRecordToBeKeptAndGivenBack) {
  const auto mine = lock();
  const LockAttempt won = mine->acquire(request_);
  ASSERT_TRUE(won.is_acquired);
  std::filesystem::remove(locks() / "a.owner");
  EXPECT_TRUE(mine->renew(hold(request_, won)));
  EXPECT_EQ(mine->read().owner->id, request_.owner.id);
  EXPECT_TRUE(std::filesystem::exists(locks() / "a.owner")) << "written again";
  std::filesystem::remove(locks() / "a.owner");
  EXPECT_TRUE(mine->release(hold(request_, won)));
  EXPECT_TRUE(lock()->acquire(request_).is_acquired);
}

TEST_F(FlockLockTest, IsLostWithItsFolderAndNoticesIt) {
  const auto mine = lock();
  const LockAttempt won = mine->acquire(request_);
  ASSERT_TRUE(won.is_acquired);
  std::filesystem::rename(locks(), folder_.path() / "elsewhere");
  const auto began = std::chrono::steady_clock::now();
  mine->wait(std::chrono::seconds{30});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{10});
  EXPECT_FALSE(mine->renew(hold(request_, won)));

  // Somebody else has the lock of the new folder: it stays theirs in every record.
  const auto other = lock();
  const LockRequest asked{.owner = this_process_as_owner("c.d")};
  ASSERT_TRUE(other->acquire(asked).is_acquired);
  EXPECT_FALSE(mine->acquire(request_).is_acquired);
  EXPECT_EQ(mine->read().owner->id, asked.owner.id);
  EXPECT_EQ(other->read().owner->id, asked.owner.id);
  EXPECT_FALSE(mine->release(hold(request_, won)));
}

TEST_F(FlockLockTest, RefusesAFolderThatOthersMayWriteTo) {
  std::filesystem::create_directory(locks());
  ASSERT_EQ(::chmod(locks().c_str(), 0777), 0);
  try {
    lock();
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    EXPECT_THAT(error.what(), HasSubstr("can be written to by others"));
  }
}

}  // namespace
}  // namespace stint
