#include "backends/sqlite/lock.hpp"
#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <fmt/format.h>
#include "backends/sqlite/role_file.hpp"
#include "base/host.hpp"
#include "base/mutex.hpp"
#include "base/utf8.hpp"
#include "core/role_place.hpp"
#include "stint/error.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

using std::chrono::nanoseconds;

// No domain has a colon in its name.
constexpr std::string_view kEventPrefix = "l:";
constexpr std::chrono::milliseconds kSoon{20};
// Processes that write at the same time may have read the clock in another order.
constexpr std::chrono::seconds kNearFuture{1};

/// What stands in the lock's row.
struct Seen {
  std::optional<std::string> owner = {};  // nothing: free
  std::string info = {};
  std::string boot_id = {};
  std::int64_t token = 0;
  std::int64_t sequence = 0;
  nanoseconds expires_at{0};
  nanoseconds delay{0};
  nanoseconds renewed_at{0};
};

class SqliteLock final : public LockBackend {
 public:
  SqliteLock(const BackendOptions& options, BootTime boot_time)
      : key_(checked_role_key(options)),
        event_(std::string{kEventPrefix} + key_),
        file_(options, std::move(boot_time)) {}

  LockTraits traits() const override {
    return {.name = "sqlite",
            .promise =
                "One holder among the processes of this machine, by the time since it was "
                "started, which nobody can set. What a task does is bounded by time."};
  }

  LockAttempt acquire(const LockRequest& request) override;
  bool renew(const LockHold& hold) override;
  bool release(const LockHold& hold) override;
  LockRecord read() override;
  void force_release(std::string_view reason) override;

  void wait(nanoseconds timeout) override { wake_up().wait_for(timeout); }
  void interrupt() noexcept override;

 private:
  /// What waits; made before the first look, so that nothing is missed after it.
  WakeUp& wake_up();
  /// Read the lock's row; within a transaction by its own connection.
  Seen look(Connection& connection) const;
  /// How long until the lease has passed; below 0: it has.
  nanoseconds time_left(const Seen& seen, const BootMoment& now) const;
  bool is_busy(const Seen& seen, const LockRequest& request, const BootMoment& now) const;
  LockRecord record(const Seen& seen, const BootMoment& now) const;
  LockAttempt busy(const Seen& seen, const BootMoment& now) const;
  LockAttempt take(Transaction& transaction, const LockRequest& request);

  const std::string key_;
  const std::string event_;
  RoleFile file_;

  Mutex mutex_;
  std::unique_ptr<WakeUp> wake_up_ STINT_GUARDED_BY(mutex_);
  bool is_interrupted_ STINT_GUARDED_BY(mutex_) = false;
};

WakeUp& SqliteLock::wake_up() {
  const MutexLock lock{mutex_};
  if (!wake_up_) {
    wake_up_ = WakeFile{file_.location().wake_path()}.make_wake_up(std::array{event_});
    if (is_interrupted_) wake_up_->interrupt();
  }
  return *wake_up_;
}

void SqliteLock::interrupt() noexcept {
  const MutexLock lock{mutex_};
  is_interrupted_ = true;
  if (wake_up_) wake_up_->interrupt();
}

LockRecord SqliteLock::read() {
  Connection& connection = file_.connection();
  wake_up();
  return record(look(connection), file_.now());
}

Seen SqliteLock::look(Connection& connection) const {
  Query query = connection.use(sql::read_lock);
  query.bind(key_);
  Seen seen;
  if (!query.step()) return seen;
  seen.token = query.int64(0);
  seen.sequence = query.int64(1);
  if (!query.is_null(2)) seen.owner = query.text(2);
  seen.info = query.text(3);
  seen.expires_at = nanoseconds{query.int64(4)};
  seen.delay = nanoseconds{query.int64(5)};
  seen.renewed_at = nanoseconds{query.int64(6)};
  seen.boot_id = query.text(7);
  return seen;
}

nanoseconds SqliteLock::time_left(const Seen& seen, const BootMoment& now) const {
  // Whoever held it then does not run any more.
  if (seen.boot_id != now.boot_id) return -seen.delay - nanoseconds{1};
  if (seen.renewed_at > now.since_boot + kNearFuture) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("{} holds times of this machine that are still to come: who wrote them "
                            "has another clock since boot, as in a time namespace whose offset is "
                            "not told; use it from one such namespace only",
                            file_.location().path),
                {.backend = "sqlite"}};
  }
  return seen.expires_at - now.since_boot;
}

bool SqliteLock::is_busy(const Seen& seen, const LockRequest& request,
                         const BootMoment& now) const {
  if (!seen.owner || *seen.owner == request.owner.id || seen.boot_id != now.boot_id) return false;
  if (time_left(seen, now) + seen.delay > nanoseconds{0}) return true;
  return request.observed != LockMark{.token = seen.token, .sequence = seen.sequence};
}

LockRecord SqliteLock::record(const Seen& seen, const BootMoment& now) const {
  LockRecord record{.token = seen.token, .sequence = seen.sequence};
  if (!seen.owner) return record;
  record.owner = parse_owner(seen.info, *seen.owner);
  record.expires_in = time_left(seen, now);
  return record;
}

LockAttempt SqliteLock::busy(const Seen& seen, const BootMoment& now) const {
  LockAttempt attempt{.holder = record(seen, now), .retry_in = kSoon};
  if (attempt.holder.expires_in) {
    const nanoseconds left = *attempt.holder.expires_in + seen.delay;
    // It has passed: to take it over, it must have been seen unchanged for the delay.
    attempt.retry_in = std::max<nanoseconds>(left > nanoseconds{0} ? left : seen.delay, kSoon);
  }
  return attempt;
}

LockAttempt SqliteLock::acquire(const LockRequest& request) {
  {
    // Who waits only reads.
    Connection& connection = file_.connection();
    wake_up();
    const Seen seen = look(connection);
    const BootMoment now = file_.now();
    if (is_busy(seen, request, now)) return busy(seen, now);
  }
  return file_.write([&](Transaction& transaction) { return take(transaction, request); });
}

LockAttempt SqliteLock::take(Transaction& transaction, const LockRequest& request) {
  const Seen seen = look(transaction.connection);
  const BootMoment now = file_.now();
  if (is_busy(seen, request, now)) return busy(seen, now);
  // Sent again after an answer that was lost, it finds the owner that it is itself.
  const bool is_own = seen.owner == request.owner.id;
  const std::int64_t token = is_own ? seen.token : std::max(seen.token + 1, transaction.now);
  const std::int64_t sequence = is_own ? seen.sequence + 1 : 0;
  transaction.connection.use(sql::acquire_lock)
      .bind(key_, request.owner.id, role_json(request.owner), token, sequence,
            (now.since_boot + request.ttl).count(), request.lock_delay.count(),
            now.since_boot.count(), now.boot_id)
      .run();
  return {.is_acquired = true, .token = token};
}

bool SqliteLock::renew(const LockHold& hold) {
  return file_.write([&](Transaction& transaction) {
    const BootMoment now = file_.now();
    return transaction.connection.use(sql::renew_lock)
               .bind(key_, hold.owner_id, hold.token, (now.since_boot + hold.ttl).count(),
                     now.since_boot.count(), now.boot_id)
               .run() > 0;
  });
}

bool SqliteLock::release(const LockHold& hold) {
  return file_.write([&](Transaction& transaction) {
    transaction.events.insert(event_);
    return transaction.connection.use(sql::release_lock)
               .bind(key_, hold.owner_id, hold.token)
               .run() > 0;
  });
}

void SqliteLock::force_release(std::string_view reason) {
  file_.write([&](Transaction& transaction) {
    transaction.events.insert(event_);
    const std::string program = role_json(this_process_as_owner(""));
    const std::string user = sanitize_text(user_name());
    const std::string why = sanitize_text(reason);
    transaction.connection.use(sql::note_force_release)
        .bind(key_, program, user, why, transaction.now)
        .run();
    transaction.connection.use(sql::force_release_lock).bind(key_, transaction.now).run();
  });
}

}  // namespace

std::unique_ptr<LockBackend> make_sqlite_lock(const BackendOptions& options) {
  return make_sqlite_lock_at(options, machine_boot_time());
}

std::unique_ptr<LockBackend> make_sqlite_lock_at(const BackendOptions& options,
                                                 BootTime boot_time) {
  return std::make_unique<SqliteLock>(options, std::move(boot_time));
}

}  // namespace stint::sqlite
