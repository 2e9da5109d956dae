// One-instance locks and liveness stamps in a file of SQLite, beyond their contract.
#include "backends/sqlite/lock.hpp"
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/sqlite/connection.hpp"
#include "backends/sqlite/liveness.hpp"
#include "backends/sqlite/turn.hpp"
#include "stint/error.hpp"
#include "stint/one_instance_lock.hpp"
#include "support/eventually.hpp"
#include "support/hostile_texts.hpp"
#include "support/role_options.hpp"
#include "support/temporary_folder.hpp"

namespace stint::sqlite {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using SteadyClock = std::chrono::steady_clock;
using test::role_hold;
using test::role_request;

/// A machine of a test, which can be started anew.
struct Machine {
  std::chrono::nanoseconds since_boot = 1h;
  std::string boot_id = "first boot";

  BootTime clock() {
    return [this] { return BootMoment{.since_boot = since_boot, .boot_id = boot_id}; };
  }
};

class SqliteLocks : public ::testing::Test {
 protected:
  SqliteLocks() { std::filesystem::create_directory(folder_.path() / "state"); }

  std::string path() const { return (folder_.path() / "state" / "jobs.db").string(); }
  BackendOptions options(const std::string& key = "stint/a.b") const {
    return options_at(path(), key);
  }
  static BackendOptions options_at(const std::string& file, const std::string& key = "stint/a.b",
                                   std::chrono::milliseconds timeout = 1s) {
    return test::role_options("one_instance.sqlite", "sqlite:" + file, key, timeout);
  }
  std::unique_ptr<LockBackend> lock() const { return make_sqlite_lock(options()); }
  std::unique_ptr<LockBackend> lock(Machine& machine) const {
    return make_sqlite_lock_at(options(), machine.clock());
  }
  static Error error_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error{ErrorCode::kInternal, "nothing was thrown"};
  }
  // Before any thread or connection is there.
  static pid_t start(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    return child;
  }
  static int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  test::TemporaryFolder folder_;
};

TEST_F(SqliteLocks, ExcludeEachOtherAcrossProcesses) {
  lock()->read();  // makes the file
  const std::string inside = (folder_.path() / "inside").string();
  const auto contend = [&] {
    OneInstanceLock mine{make_sqlite_lock(options()),
                         {.ttl = 10s, .at_deadline = LockOptions::AtDeadline::kTell}};
    std::int64_t last = 0;
    for (int round = 0; round < 25; ++round) {
      const LockResult result = mine.acquire(60s);
      if (!result) return 2;
      if (result.token <= last) return 3;
      last = result.token;
      // A folder can be made once.
      if (!std::filesystem::create_directory(inside)) return 4;
      std::filesystem::remove(inside);
      mine.release();
    }
    return 0;
  };
  const std::vector<pid_t> children{start(contend), start(contend), start(contend)};
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
}

TEST_F(SqliteLocks, PassOnOnlyAfterTheLeaseOfAKilledHolder) {
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe(told.data()), 0);
  const pid_t holder = start([&] {
    const auto mine = lock();
    const LockAttempt won = mine->acquire(role_request(1s, 200ms));
    const ssize_t written = ::write(told[1], &won.token, sizeof won.token);
    ::pause();
    return written > 0 ? 0 : 1;
  });
  std::int64_t token = 0;
  ASSERT_EQ(::read(told[0], &token, sizeof token), static_cast<ssize_t>(sizeof token));
  const auto killed_at = SteadyClock::now();
  ASSERT_EQ(::kill(holder, SIGKILL), 0);
  wait_for(holder);
  OneInstanceLock mine{
      lock(), {.ttl = 1s, .lock_delay = 200ms, .at_deadline = LockOptions::AtDeadline::kTell}};
  const LockResult result = mine.acquire(10s);
  ASSERT_TRUE(result) << result.problem;
  EXPECT_GT(result.token, token);
  EXPECT_GE(SteadyClock::now() - killed_at, 1s);
  mine.release();
  for (const int end : told) ::close(end);
}

TEST_F(SqliteLocks, NobodyHoldsALockAcrossARestartOfTheMachine) {
  Machine machine;
  const LockRequest request = role_request();
  const LockAttempt won = lock(machine)->acquire(request);
  ASSERT_TRUE(won.is_acquired);
  EXPECT_FALSE(lock(machine)->acquire(role_request()).is_acquired);
  machine = {.since_boot = 1s, .boot_id = "second boot"};
  EXPECT_LT(lock(machine)->read().expires_in.value(), 0s);
  EXPECT_FALSE(lock(machine)->renew(role_hold(request, won)));
  const LockAttempt next = lock(machine)->acquire(role_request());
  EXPECT_TRUE(next.is_acquired) << "at once";
  EXPECT_GT(next.token, won.token);
}

TEST_F(SqliteLocks, TakeOverOnlyWhatWasObserved) {
  Machine machine;
  const auto contender = lock(machine);
  const LockAttempt won = lock(machine)->acquire(role_request(30s, 12s));
  LockRequest take = role_request();
  machine.since_boot += 30s;
  take.observed = LockMark{.token = won.token, .sequence = 0};
  const LockAttempt early = contender->acquire(take);
  EXPECT_FALSE(early.is_acquired) << "the delay has not passed";
  EXPECT_EQ(early.retry_in, 12s);
  machine.since_boot += 12s;
  take.observed.reset();
  EXPECT_FALSE(contender->acquire(take).is_acquired);
  take.observed = LockMark{.token = won.token, .sequence = 1};
  EXPECT_FALSE(contender->acquire(take).is_acquired);
  take.observed = LockMark{.token = won.token, .sequence = 0};
  EXPECT_TRUE(contender->acquire(take).is_acquired);
}

TEST_F(SqliteLocks, TokensGrowWhateverTheTimeOfDayIs) {
  LockRequest request = role_request();
  LockAttempt won = lock()->acquire(request);
  EXPECT_TRUE(lock()->release(role_hold(request, won)));
  const std::int64_t ahead = won.token + 31'556'952'000'000'000;
  Connection{path()}.execute(fmt::format("update one_instance_lock set token = {}", ahead), "x");
  EXPECT_EQ(lock()->acquire(role_request()).token, ahead + 1);
}

TEST_F(SqliteLocks, RefuseAClockOfAnotherNamespace) {
  Machine machine;
  lock(machine)->acquire(role_request());
  machine.since_boot -= 10min;
  const Error error = error_of([&] { lock(machine)->acquire(role_request()); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), HasSubstr("time namespace"));
}

TEST_F(SqliteLocks, ReckonTheOffsetOfTheirNamespace) {
  const std::filesystem::path proc = folder_.path() / "proc";
  std::filesystem::create_directories(proc / "ns");
  EXPECT_EQ(boot_time_offset(proc.string()), 0s) << "a kernel without them";
  std::ofstream{proc / "timens_offsets"} << "monotonic  -5  0\nboottime   100000  500\n";
  std::filesystem::create_symlink("time:[1]", proc / "ns" / "time");
  std::filesystem::create_symlink("time:[1]", proc / "ns" / "time_for_children");
  EXPECT_EQ(boot_time_offset(proc.string()), 100'000s + 500ns);
  std::filesystem::remove(proc / "ns" / "time_for_children");
  std::filesystem::create_symlink("time:[2]", proc / "ns" / "time_for_children");
  EXPECT_EQ(error_of([&] { boot_time_offset(proc.string()); }).code(), ErrorCode::kConfiguration);
}

TEST_F(SqliteLocks, HandOverAtOnce) {
  constexpr int kHandOvers = 30;
  const auto first = lock();
  const auto second = lock();
  LockBackend* holder = first.get();
  LockBackend* waiter = second.get();
  LockRequest request = role_request();
  LockAttempt won = holder->acquire(request);
  std::vector<double> seconds;
  for (int i = 0; i < kHandOvers; ++i) {
    std::atomic<bool> is_waiting{false};
    LockRequest next = role_request();
    auto taken = std::async(std::launch::async, [&] {
      LockAttempt attempt = waiter->acquire(next);
      while (!attempt.is_acquired) {
        is_waiting = true;
        waiter->wait(5s);
        attempt = waiter->acquire(next);
      }
      return std::pair{attempt, SteadyClock::now()};
    });
    ASSERT_TRUE(test::eventually([&] { return is_waiting.load(); }));
    const auto released_at = SteadyClock::now();
    EXPECT_TRUE(holder->release(role_hold(request, won)));
    const auto [attempt, at] = taken.get();
    seconds.push_back(std::chrono::duration<double>(at - released_at).count());
    won = attempt;
    request = next;
    std::swap(holder, waiter);
  }
  std::ranges::sort(seconds);
  RecordProperty("hand_over_p50_us", static_cast<int>(seconds[kHandOvers / 2] * 1e6));
  RecordProperty("hand_over_worst_us", static_cast<int>(seconds.back() * 1e6));
  EXPECT_LT(seconds[kHandOvers * 9 / 10], 0.3);
}

// A writer that is stopped in the middle of its turn must not hold up a renewal for ever.
TEST_F(SqliteLocks, WaitForTheirTurnNoLongerThanTheTimeout) {
  const auto holder = make_sqlite_lock(options_at(path(), "stint/a.b", 200ms));
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  FileTurn stopped{path() + "-turn"};
  stopped.take({});
  const auto began = SteadyClock::now();
  const Error error = error_of([&] { holder->renew(role_hold(request, won)); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error.retryable());
  EXPECT_LT(SteadyClock::now() - began, 5s);
  EXPECT_TRUE(holder->read().owner) << "who only reads need not wait";
  stopped.give();
  EXPECT_TRUE(holder->renew(role_hold(request, won)));
}

TEST_F(SqliteLocks, AreLostWithTheirFile) {
  const auto holder = lock();
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path() + end);
  const LockAttempt next = lock()->acquire(role_request());
  EXPECT_TRUE(next.is_acquired) << "in a new file";
  EXPECT_GT(next.token, won.token);
  EXPECT_FALSE(holder->renew(role_hold(request, won))) << "it sees the new one";
  EXPECT_FALSE(holder->release(role_hold(request, won)));
}

TEST_F(SqliteLocks, SayWhatIsWrongWithAFile) {
  const auto error_at = [](const std::string& file) {
    return error_of([&] { make_sqlite_lock(options_at(file))->acquire(role_request()); });
  };
  const std::string text = (folder_.path() / "text").string();
  std::ofstream{text} << std::string(8192, 'x');
  EXPECT_EQ(error_at(text).code(), ErrorCode::kConfiguration) << error_at(text).what();
  const Error below = error_at(text + "/jobs.db");
  EXPECT_EQ(below.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(below.what(), HasSubstr(text));

  lock()->read();
  Connection{path()}.execute("insert into migration values (99, '099_later', 0)", "x");
  const Error newer = error_at(path());
  EXPECT_EQ(newer.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(newer.what(), HasSubstr("update this program"));
  EXPECT_EQ(error_of([&] { make_sqlite_lock(options_at(path(), std::string(513, 'x'))); }).code(),
            ErrorCode::kConfiguration);
}

TEST_F(SqliteLocks, TakeEveryName) {
  for (const std::string& text : test::hostile_utf8()) {
    if (text.empty() || text.size() > 512) continue;
    const auto holder = make_sqlite_lock(options(text));
    const LockRequest request = role_request();
    const LockAttempt won = holder->acquire(request);
    ASSERT_TRUE(won.is_acquired) << test::shown_text(text);
    const auto other = make_sqlite_lock(options(text));
    EXPECT_FALSE(other->acquire(role_request()).is_acquired) << test::shown_text(text);
    other->force_release(text);
    EXPECT_FALSE(holder->release(role_hold(request, won)));
  }
  Connection connection{path()};
  static constexpr SqlFile kOdd{"odd",
                                "select count(*), sum(name = reason), sum(user <> '') from "
                                "one_instance_audit"};
  Query audit = connection.use(kOdd);
  ASSERT_TRUE(audit.step());
  EXPECT_GT(audit.integer(0), 5);
  EXPECT_EQ(audit.integer(0), audit.integer(1));
  EXPECT_EQ(audit.integer(0), audit.integer(2));
}

TEST_F(SqliteLocks, LivenessKeepsBothStamps) {
  Machine machine;
  const auto stamps = [&] { return make_sqlite_liveness_at(options(), machine.clock()); };
  EXPECT_FALSE(stamps()->read().success);
  stamps()->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  machine.since_boot += 90s;
  stamps()->write(LivenessKind::kSignOfLife, stamp_of_this_process("waiting"));
  LivenessRecord record = stamps()->read();
  ASSERT_TRUE(record.success && record.sign_of_life);
  EXPECT_EQ(record.success->state, "succeeded");
  EXPECT_EQ(record.success->age, 90s) << "by the boot clock, whatever the time of day does";
  EXPECT_EQ(record.sign_of_life->state, "waiting");
  EXPECT_EQ(record.sign_of_life->age, 0s);
  machine = {.since_boot = 1s, .boot_id = "second boot"};
  EXPECT_LT(stamps()->read().success->age, 60s) << "by the time of day";
  EXPECT_TRUE(make_sqlite_liveness(options())->read().success);
}

}  // namespace
}  // namespace stint::sqlite
