#include "backends/sqlite/writer.hpp"
#include <unistd.h>
#include <utility>
#include "base/test_point.hpp"
#include "stint/error.hpp"

namespace stint::sqlite {
namespace {

// 4 MiB of 4 KiB pages: large enough that a checkpoint's two fsyncs are rare, small enough that the
// log stays in the cache.
constexpr int kCheckpointPages = 1024;

constexpr SqlFile kBegin{"begin", "begin immediate"};
constexpr SqlFile kCommit{"commit", "commit"};
constexpr SqlFile kRollback{"rollback", "rollback"};
constexpr SqlFile kSavepoint{"savepoint", "savepoint one_call"};
constexpr SqlFile kRelease{"release", "release one_call"};
constexpr SqlFile kUndo{"undo", "rollback to one_call"};

// The same error for a call whose commit failed: what it did may or may not be stored.
Error with_unknown_outcome(const Error& error) {
  return Error{error.code(),
               error.what(),
               {.retryable = error.retryable(),
                .outcome_unknown = true,
                .backend = error.backend(),
                .statement = error.statement(),
                .native_code = error.native_code()}};
}

bool is_io_error(const Error& error) {
  return (std::stoi("0" + error.native_code()) & 0xff) == SQLITE_IOERR;
}

}  // namespace

Writer::Writer(Connection& connection, Turn& turn, Wake& wake, std::function<std::int64_t()> now,
               std::chrono::nanoseconds turn_limit)
    : connection_(connection),
      turn_(turn),
      wake_(wake),
      now_(std::move(now)),
      turn_limit_(turn_limit),
      process_(::getpid()),
      checkpoint_at_pages_(kCheckpointPages) {
  sqlite3_wal_hook(
      connection_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Writer*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

void Writer::submit(const std::function<void(Transaction&)>& call) {
  if (::getpid() != process_) {
    throw Error{ErrorCode::kUsage,
                "a store of SQLite was opened before a fork; open it anew in the child",
                {.backend = "sqlite"}};
  }
  Pending mine{.call = call};
  MutexLock lock{mutex_};
  waiting_.push_back(&mine);
  while (!mine.is_done && has_leader_) mine.changed.wait(lock);
  if (!mine.is_done) {
    has_leader_ = true;
    lock.unlock();
    lead();
    lock.lock();
    has_leader_ = false;
    if (!waiting_.empty()) waiting_.front()->changed.notify_one();
  }
  if (mine.error) std::rethrow_exception(mine.error);
}

std::vector<Writer::Pending*> Writer::take_group() {
  const MutexLock lock{mutex_};
  return std::exchange(waiting_, {});
}

void Writer::lead() {
  std::vector<Pending*> group;
  try {
    turn_.take(turn_limit_);
    // Only now: whoever came while others had the turn shares our commit.
    group = take_group();
    run_group(group);
    checkpoint_if_due();
    turn_.give();
  } catch (...) {
    if (group.empty()) group = take_group();
    turn_.give();
    for (Pending* pending : group) pending->error = std::current_exception();
  }
  std::set<std::string> events;
  for (Pending* pending : group) {
    if (!pending->error) events.merge(pending->events);
  }
  wake_.notify(events);
  const MutexLock lock{mutex_};
  for (Pending* pending : group) {
    pending->is_done = true;
    pending->changed.notify_one();
  }
}

void Writer::run_group(const std::vector<Pending*>& group) {
  try {
    connection_.use(kBegin).run();
    for (Pending* pending : group) run_one(*pending, group.size() > 1);
    if (!connection_.in_transaction()) return;  // the only call failed
    STINT_TEST_POINT("sqlite.before_commit");
    connection_.use(kCommit).run();
    STINT_TEST_POINT("sqlite.after_commit");
  } catch (const Error& error) {
    if (connection_.in_transaction()) connection_.use(kRollback).run();
    if (error.statement() == kCommit.name && is_io_error(error)) throw with_unknown_outcome(error);
    throw;
  } catch (...) {
    if (connection_.in_transaction()) connection_.use(kRollback).run();
    throw;
  }
}

void Writer::run_one(Pending& pending, bool in_savepoint) {
  if (in_savepoint) connection_.use(kSavepoint).run();
  Transaction transaction{.connection = connection_, .now = now_()};
  try {
    pending.call(transaction);
    pending.events = std::move(transaction.events);
  } catch (...) {
    // A full disk and failures alike end the whole transaction: then all calls fail with it.
    if (!connection_.in_transaction()) throw;
    if (!in_savepoint) {
      connection_.use(kRollback).run();
    } else {
      connection_.use(kUndo).run();
    }
    pending.error = std::current_exception();
  }
  if (in_savepoint) connection_.use(kRelease).run();
}

void Writer::checkpoint_if_due() noexcept {
  if (wal_pages_ < checkpoint_at_pages_) {
    // The log began anew at its start.
    if (wal_pages_ < kCheckpointPages) checkpoint_at_pages_ = kCheckpointPages;
    return;
  }
  int log_pages = 0;
  int moved_pages = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_.handle(), "main",
                                             SQLITE_CHECKPOINT_PASSIVE, &log_pages, &moved_pages);
  // Once all pages are moved the next writer starts the log anew. A reader that holds an old state
  // may forbid it: then try again after another 4 MiB.
  const bool moved_all = code == SQLITE_OK && log_pages == moved_pages;
  checkpoint_at_pages_ = moved_all ? kCheckpointPages : wal_pages_ + kCheckpointPages;
  if (moved_all) wal_pages_ = 0;
}

}  // namespace stint::sqlite
