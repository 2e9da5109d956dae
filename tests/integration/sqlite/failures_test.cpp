// What is SQLite's own: files that are something else, disks that are full, folders without rights.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/sqlite/backend.hpp"
#include "backends/sqlite/connection.hpp"
#include "base/test_point.hpp"
#include "support/temporary_folder.hpp"

namespace stint::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SqliteFailures : public ::testing::Test {
 protected:
  std::string path() const { return (folder_.path() / "jobs.db").string(); }
  std::unique_ptr<Store> open() const { return sqlite_backend().open({.url = "sqlite:" + path()}); }

  // The error of a call that must fail.
  static Error error_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error;
    }
    throw std::logic_error{"nothing was thrown"};
  }

  // Run statements on the file as another program would.
  void run_beside(const std::string& script) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, script.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << (message == nullptr ? "" : message);
    sqlite3_free(message);
    sqlite3_close(database);
  }

  std::string integrity() const {
    Connection connection{path()};
    static constexpr SqlFile kCheck{"integrity_check", "pragma integrity_check"};
    Query query = connection.use(kCheck);
    return query.step() ? query.text(0) : "no answer";
  }

  test::TemporaryFolder folder_;
};

TEST_F(SqliteFailures, MakesTheFoldersAndTheFileForTheOwnerOnly) {
  const std::filesystem::path deep = folder_.path() / "a" / "stint" / "b" / "jobs.db";
  const char* const home = std::getenv("XDG_STATE_HOME");
  const std::string before = home == nullptr ? "" : home;  // empty is as good as not set
  ::setenv("XDG_STATE_HOME", (folder_.path() / "a").c_str(), 1);
  const auto store = sqlite_backend().open({.url = "sqlite:" + deep.string()});
  ::setenv("XDG_STATE_HOME", before.c_str(), 1);
  struct stat status{};
  ASSERT_EQ(::stat(deep.parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  for (const char* ending : {"", "-wal", "-turn", "-wake"}) {
    ASSERT_EQ(::stat((deep.string() + ending).c_str(), &status), 0) << ending;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << ending;
  }
}

TEST_F(SqliteFailures, TakesARelativePathFromWhereItWasOpened) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  const auto store = sqlite_backend().open({.url = "sqlite:relative.db"});
  std::filesystem::current_path(before);
  const NewJob job{.task = "t.run"};
  EXPECT_NO_THROW(store->enqueue({&job, 1}));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "relative.db"));
}

TEST_F(SqliteFailures, IsDurableAndLeavesCheckpointsToTheTurn) {
  open();
  Connection connection{path()};
  EXPECT_EQ(connection.read_pragma("synchronous"), 2);
  EXPECT_EQ(connection.read_pragma("wal_autocheckpoint"), 0);
  int no_checkpoint_on_close = 0;
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1,
                    &no_checkpoint_on_close);
  EXPECT_EQ(no_checkpoint_on_close, 1);
}

TEST_F(SqliteFailures, RefusesAFileThatIsNoDatabase) {
  const std::string text(5000, 'x');
  std::ofstream{path()} << text;
  const Error error = error_of([&] { open(); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr(path()), HasSubstr("not a database"),
                                  HasSubstr("name another file")));
  std::ifstream file{path()};
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>{file}, {}), text);
}

TEST_F(SqliteFailures, RefusesTheDatabaseOfAnotherProgram) {
  run_beside("create table notes (text)");
  EXPECT_EQ(error_of([&] { open(); }).code(), ErrorCode::kConfiguration);
  run_beside("create table migration (version integer)");
  const Error error = error_of([&] { open(); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr(path()), HasSubstr("no store of Stint")));
  const auto schema = sqlite_backend().open_schema({.url = "sqlite:" + path()});
  EXPECT_EQ(error_of([&] { schema->version(); }).code(), ErrorCode::kConfiguration);
  EXPECT_EQ(error_of([&] { schema->reset(); }).code(), ErrorCode::kConfiguration);
  run_beside("insert into notes values ('still there')");
}

TEST_F(SqliteFailures, RefusesANewerSchemaNamingBothVersions) {
  open();
  const auto schema = sqlite_backend().open_schema({.url = "sqlite:" + path()});
  const std::string newest = std::to_string(schema->newest_version());
  run_beside("insert into migration values (7001, 'from_the_future', 0)");
  const Error error = error_of([&] { open(); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("7001"), HasSubstr("versions up to " + newest),
                                  HasSubstr("update this program")));
}

TEST_F(SqliteFailures, RefusesWhatIsNoUrlOfAFile) {
  for (const char* url :
       {"sqlite:jobs.db?mode=memory", "sqlite::memory:", "sqlite:", "sqlite:a/"}) {
    const Error error = error_of([&] { sqlite_backend().open({.url = url}); });
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration) << url;
    EXPECT_THAT(error.what(), HasSubstr("sqlite:")) << url;
  }
}

TEST_F(SqliteFailures, SaysThatAFolderIsAFile) {
  std::ofstream{folder_.path() / "plain"} << "text";
  const std::string url = "sqlite:" + (folder_.path() / "plain" / "jobs.db").string();
  const Error error = error_of([&] { sqlite_backend().open({.url = url}); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("plain"));
}

TEST_F(SqliteFailures, MakesNoFolderOfSomebodyElse) {
  const std::string folder = (folder_.path() / "it's" / "deep").string();
  const Error error =
      error_of([&] { sqlite_backend().open({.url = "sqlite:" + folder + "/jobs.db"}); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("there is no folder " + folder), HasSubstr("it'\\''s/deep'`")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "it's"));
}

TEST_F(SqliteFailures, SaysThatADatabaseIsBroken) {
  {
    const auto store = open();
    const std::vector<NewJob> jobs(2000, NewJob{.task = "t.run"});
    store->enqueue(jobs);
  }
  run_beside("pragma wal_checkpoint(truncate)");
  std::fstream file{path(), std::ios::in | std::ios::out | std::ios::binary};
  for (const int page : {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}) {
    file.seekp(page * 4096);
    file << std::string(4096, '\x5a');
  }
  file.close();
  const Error error = error_of([&] {
    const auto store = open();
    store->list_jobs({.limit = 5000});
    const std::vector<NewJob> jobs(2000, NewJob{.task = "t.run"});
    store->enqueue(jobs);
  });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(error.retryable());
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr(path()), HasSubstr("malformed"), HasSubstr("restore a copy")));
}

// Do something in a child process that has no rights beyond those of nobody; return its exit code.
int as_nobody(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(99);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(SqliteFailures, SaysThatAFileIsReadOnly) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody without rights";
  open();
  std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
  for (const char* ending : {"", "-wal", "-shm", "-turn", "-wake"}) {
    ::chmod((path() + ending).c_str(), 0644);
  }
  EXPECT_EQ(as_nobody([&] {
              const Error error = error_of([&] { open(); });
              const std::string message = error.what();
              if (error.code() != ErrorCode::kUnavailable) return 2;
              if (message.find(path()) == std::string::npos) return 3;
              return message.find("write permission") == std::string::npos ? 4 : 0;
            }),
            0);
  const std::string elsewhere = (folder_.path() / "new.db").string();
  EXPECT_EQ(as_nobody([&] {
              const Error error =
                  error_of([&] { sqlite_backend().open({.url = "sqlite:" + elsewhere}); });
              return error.code() == ErrorCode::kUnavailable ? 0 : 2;
            }),
            0);
}

/// A disk of two megabytes.
class FullDisk : public SqliteFailures {
 protected:
  void SetUp() override {
    disk_ = folder_.path() / "disk";
    std::filesystem::create_directory(disk_);
    is_mounted_ = ::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=2m") == 0;
    if (!is_mounted_) GTEST_SKIP() << "only root may mount a small disk";
  }
  void TearDown() override {
    if (is_mounted_) ::umount2(disk_.c_str(), MNT_DETACH);
  }

  std::filesystem::path disk_;
  bool is_mounted_ = false;
};

TEST_F(FullDisk, UndoesAllOfACallAndGoesOnOnceThereIsSpace) {
  const auto store = sqlite_backend().open({.url = "sqlite:" + (disk_ / "jobs.db").string()});
  const NewJob small{.task = "t.run"};
  store->enqueue({&small, 1});
  const std::vector<NewJob> large(30, NewJob{.task = "t.run", .args = std::string(100'000, ' ')});
  const Error error = error_of([&] { store->enqueue(large); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error.retryable());
  EXPECT_THAT(error.what(), AllOf(HasSubstr("full"), HasSubstr("free space")));
  EXPECT_THAT(store->list_jobs({}), SizeIs(1));
  ASSERT_EQ(::mount("tmpfs", disk_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  EXPECT_THAT(store->enqueue(large), SizeIs(30));
  EXPECT_THAT(store->list_jobs({}), SizeIs(31));
}

TEST_F(FullDisk, IsSaidWhenAStoreIsMade) {
  std::ofstream filler{disk_ / "filler", std::ios::binary};
  const std::string block(4096, 'x');
  while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
  const Error error =
      error_of([&] { sqlite_backend().open({.url = "sqlite:" + (disk_ / "jobs.db").string()}); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  filler.close();
  std::filesystem::remove(disk_ / "filler");
  EXPECT_NO_THROW(sqlite_backend().open({.url = "sqlite:" + (disk_ / "jobs.db").string()}));
}

TEST_F(SqliteFailures, UndoesOneFailingCallOfAGroupOnly) {
  const auto store = open();
  const WorkerId worker = store->register_worker({.node = "n", .host = "h"});
  // A call whose text is longer than SQLite takes fails after it has written something.
  std::vector<NewJob> bad(2, NewJob{.task = "t.run"});
  bad[1].args = std::string(1'000'000'010, ' ');
  const Error error = error_of([&] { store->enqueue(bad); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalid);
  EXPECT_THAT(store->list_jobs({}), IsEmpty());
  EXPECT_TRUE(store->beat(worker));
}

TEST_F(SqliteFailures, RefusesToBeUsedAfterAFork) {
  const auto store = open();
  const pid_t child = ::fork();
  if (child == 0) {
    const NewJob job{.task = "t.run"};
    try {
      store->enqueue({&job, 1});
    } catch (const Error& error) {
      ::_exit(error.code() == ErrorCode::kUsage ? 0 : 2);
    }
    ::_exit(3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SqliteFailures, KeepsTheLogShortAndCheckpointsUnderTheTurn) {
  const auto store = open();
  const std::vector<NewJob> jobs(500, NewJob{.task = "t.run", .args = std::string(2000, ' ')});
  std::uintmax_t longest = 0;
  for (int i = 0; i < 30; ++i) {
    store->enqueue(jobs);
    longest = std::max(longest, std::filesystem::file_size(path() + "-wal"));
  }
  // 30 MB went through it: 4 MiB and what one transaction adds.
  EXPECT_LT(longest, 7U << 20U);
  EXPECT_GT(std::filesystem::file_size(path()), 20U << 20U);
}

TEST_F(SqliteFailures, LosesNothingWhenItIsKilled) {
  // A child enqueues and reports each acknowledged id; it is killed at some point of a commit.
  for (const char* place : {"sqlite.before_commit", "sqlite.after_commit"}) {
    for (const int arrival : {3, 8, 21}) {
      std::array<int, 2> pipe{};
      ASSERT_EQ(::pipe(pipe.data()), 0);
      const pid_t child = ::fork();
      if (child == 0) {
        arm_test_points(fmt::format("{}=kill@{}", place, arrival));
        const auto store = open();
        const NewJob job{.task = "t.run"};
        for (int i = 0; i < 100; ++i) {
          const std::int64_t id = store->enqueue({&job, 1}).at(0).id.value;
          if (::write(pipe[1], &id, sizeof id) != sizeof id) ::_exit(1);
        }
        ::_exit(0);
      }
      ::close(pipe[1]);
      std::vector<JobId> acknowledged;
      for (std::int64_t id = 0; ::read(pipe[0], &id, sizeof id) == sizeof id;) {
        acknowledged.push_back(JobId{id});
      }
      ::close(pipe[0]);
      int status = 0;
      ::waitpid(child, &status, 0);
      ASSERT_TRUE(WIFSIGNALED(status)) << "the child was to be killed";
      EXPECT_EQ(acknowledged.size(), static_cast<std::size_t>(arrival - 1));
      const auto store = open();
      for (const JobId id : acknowledged) EXPECT_TRUE(store->find_job(id).has_value());
      EXPECT_EQ(integrity(), "ok");
    }
  }
}

}  // namespace
}  // namespace stint::sqlite
