#include "backends/postgres/lock.hpp"
#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include "backends/postgres/errors.hpp"
#include "backends/postgres/role_database.hpp"
#include "backends/postgres/wake_up.hpp"
#include "base/utf8.hpp"
#include "core/role_place.hpp"
#include "stint/error.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

using std::chrono::nanoseconds;

// No domain has a colon in its name, nor is any worker's event told so.
constexpr std::string_view kEventPrefix = "l:";
// Somebody gave it back while we asked.
constexpr std::chrono::milliseconds kSoon{20};

std::int64_t in_micros(nanoseconds duration) {
  return std::chrono::duration_cast<microseconds>(duration).count();
}

/// What stands in the lock's row.
struct Seen {
  LockRecord record;
  nanoseconds delay{0};
};

// From column `first` on: token, sequence, owner, info, microseconds to the end, of the delay.
Seen read_row(const Row& row, int first) {
  Seen seen;
  seen.record.token = row.int64(first);
  seen.record.sequence = row.int64(first + 1);
  seen.delay = microseconds{row.int64(first + 5)};
  if (row.is_null(first + 2)) return seen;
  seen.record.owner = parse_owner(row.text(first + 3), row.text(first + 2));
  seen.record.expires_in = microseconds{row.int64(first + 4)};
  return seen;
}

LockAttempt busy(Seen seen) {
  const nanoseconds delay = seen.delay;
  LockAttempt attempt{.holder = std::move(seen.record), .retry_in = kSoon};
  if (attempt.holder.expires_in) {
    const nanoseconds left = *attempt.holder.expires_in + delay;
    // It has passed: to take it over, it must have been seen unchanged for the delay.
    attempt.retry_in = std::max<nanoseconds>(left > nanoseconds{0} ? left : delay, kSoon);
  }
  return attempt;
}

class PostgresLock final : public LockBackend {
 public:
  explicit PostgresLock(const BackendOptions& options)
      : key_(checked_role_key(options)),
        event_(std::string{kEventPrefix} + key_),
        database_(options),
        wake_up_(database_.options(), std::make_shared<WakeRegistry>(), std::array{event_}, {}) {}

  LockTraits traits() const override {
    return {.name = "postgresql",
            .promise =
                "One holder by the time of the server; what it writes in the same database "
                "after fence_assert is proven to be the holder's, all else is bounded by "
                "time. A failover to a standby that lags behind may lose the lock."};
  }

  LockAttempt acquire(const LockRequest& request) override;
  bool renew(const LockHold& hold) override;
  bool release(const LockHold& hold) override;
  LockRecord read() override { return look().record; }
  void force_release(std::string_view reason) override;

  void wait(nanoseconds timeout) override { wake_up_.wait_for(timeout); }
  void interrupt() noexcept override { wake_up_.interrupt(); }

 private:
  Seen look();
  Parameters hold_parameters(const LockHold& hold) const;
  /// Add the channel and the event by which waiters are woken.
  void add_event(Parameters& parameters) const;
  Result send_release(const LockHold& hold);

  const std::string key_;
  const std::string event_;
  RoleDatabase database_;
  PostgresWakeUp wake_up_;
};

LockAttempt PostgresLock::acquire(const LockRequest& request) {
  Parameters parameters;
  parameters.add(key_)
      .add(request.owner.id)
      .add(role_json(request.owner))
      .add(in_micros(request.ttl))
      .add(in_micros(request.lock_delay));
  if (request.observed) {
    parameters.add(request.observed->token).add(request.observed->sequence);
  } else {
    parameters.add_null(oid::kInt8).add_null(oid::kInt8);
  }
  try {
    // Sent twice it finds the owner that it is itself.
    const Result result = database_.run(sql::acquire_lock, std::move(parameters), Resend::kAllowed);
    const Row row = result.row(0);
    if (!row.is_null(0)) return {.is_acquired = true, .token = row.int64(0)};
    // What was seen is of before: another was quicker, or the holder has renewed it.
    const bool was_outrun = row.boolean(1);
    return busy(was_outrun ? look() : read_row(row, 2));
  } catch (const Error& error) {
    if (error.native_code() != sqlstate::kLockNotAvailable) throw;
    // Its lease has passed, but a transaction that has asserted its fence is still open.
    LockAttempt attempt = busy(look());
    attempt.retry_in = std::max<nanoseconds>(attempt.retry_in, database_.options().request_timeout);
    return attempt;
  }
}

Parameters PostgresLock::hold_parameters(const LockHold& hold) const {
  Parameters parameters;
  parameters.add(key_).add(hold.owner_id).add(hold.token);
  return parameters;
}

void PostgresLock::add_event(Parameters& parameters) const {
  parameters.add(database_.options().schema).add(event_);
}

bool PostgresLock::renew(const LockHold& hold) {
  Parameters parameters = hold_parameters(hold);
  parameters.add(in_micros(hold.ttl));
  return database_.run(sql::renew_lock, std::move(parameters), Resend::kAllowed).affected() > 0;
}

Result PostgresLock::send_release(const LockHold& hold) {
  Parameters parameters = hold_parameters(hold);
  add_event(parameters);
  return database_.run(sql::release_lock, std::move(parameters), Resend::kForbidden);
}

bool PostgresLock::release(const LockHold& hold) {
  try {
    return send_release(hold).row(0).boolean(0);
  } catch (const Error& error) {
    if (!error.outcome_unknown()) throw;
  }
  try {
    const Result again = send_release(hold);
    const bool had_arrived = again.row(0).boolean(1);
    return again.row(0).boolean(0) || had_arrived;
  } catch (const Error& error) {
    throw with_doubt(error);
  }
}

Seen PostgresLock::look() {
  Parameters parameters;
  parameters.add(key_);
  const Result result = database_.run(sql::read_lock, std::move(parameters), Resend::kAllowed);
  return result.empty() ? Seen{} : read_row(result.row(0), 0);
}

void PostgresLock::force_release(std::string_view reason) {
  Parameters parameters;
  parameters.add(key_).add(role_json(this_process_as_owner(""))).add(sanitize_text(reason));
  add_event(parameters);
  database_.run(sql::force_release_lock, std::move(parameters), Resend::kForbidden);
}

}  // namespace

std::unique_ptr<LockBackend> make_postgres_lock(const BackendOptions& options) {
  return std::make_unique<PostgresLock>(options);
}

}  // namespace stint::postgres
