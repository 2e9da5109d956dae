// The lock as a hash that is never deleted, by scripts that each run alone (docs/one-instance.md).
#include <algorithm>
#include <string>
#include <utility>
#include <fmt/format.h>
#include "backends/redis/records.hpp"
#include "backends/redis/redis_backend.hpp"
#include "backends/redis/session.hpp"
#include "backends/redis/wake_channel.hpp"
#include "base/log.hpp"
#include "stint/redis.hpp"
#include "stint_generated/redis_lua.hpp"

namespace stint {
namespace redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Never shorter than asked for.
std::string in_milliseconds(nanoseconds duration) {
  return std::to_string(std::chrono::ceil<milliseconds>(duration).count());
}

class RedisLock final : public LockBackend {
 public:
  explicit RedisLock(LockSettings settings)
      : settings_(std::move(settings)),
        key_(lock_key(settings_.name)),
        session_(settings_.server),
        wake_(settings_.server, key_ + ":wake") {}

  LockTraits traits() const override {
    return {.name = "redis",
            .promise =
                "exclusive as long as the server keeps its data; where a replica takes over, or "
                "data is lost, two may hold it until the first one's lease ends"};
  }

  LockAttempt acquire(const LockRequest& request) override {
    const bool is_guarded =
        settings_.has_restart_guard && !session_.has_been_up_for(request.ttl + request.lock_delay);
    const std::string ttl = in_milliseconds(request.ttl);
    const std::string delay = in_milliseconds(request.lock_delay);
    const std::string owner = owner_text(request.owner);
    std::string token;
    std::string sequence;
    if (request.observed) {
      token = std::to_string(request.observed->token);
      sequence = std::to_string(request.observed->sequence);
    }
    const Reply reply = session_.run({.script = &lua::acquire,
                                      .keys = {key_},
                                      .arguments = {request.owner.id, ttl, delay, token, sequence,
                                                    is_guarded ? "1" : "0", owner}});
    LockAttempt attempt{.is_acquired = reply.number(0) == 1};
    if (attempt.is_acquired) {
      attempt.token = reply.number(1);
      if (settings_.wait_replicas > 0) check_replicas(request.owner.id, attempt.token);
      return attempt;
    }
    attempt.retry_in = milliseconds{std::max<std::int64_t>(reply.number(1), 1)};
    attempt.holder = record_of(reply, 2);
    return attempt;
  }

  bool renew(const LockHold& hold) override {
    // One that was read back after a lost answer was never seen on the replicas.
    if (settings_.wait_replicas > 0 && hold.token != confirmed_token_) {
      check_replicas(hold.owner_id, hold.token);
    }
    const std::string token = std::to_string(hold.token);
    const std::string ttl = in_milliseconds(hold.ttl);
    return session_
               .run({.script = &lua::renew,
                     .keys = {key_},
                     .arguments = {hold.owner_id, token, ttl}})
               .number() == 1;
  }

  bool release(const LockHold& hold) override {
    const std::string token = std::to_string(hold.token);
    return session_
               .run({.script = &lua::release, .keys = {key_}, .arguments = {hold.owner_id, token}})
               .number() == 1;
  }

  LockRecord read() override {
    const Reply reply =
        session_.run({.script = &lua::read, .keys = {key_}, .effect = Effect::kNone});
    return reply.size() == 0 ? LockRecord{} : record_of(reply, 0);
  }

  void force_release(std::string_view reason) override {
    const std::string audit = key_ + ":audit";
    const std::string administrator = administrator_text();
    const Reply reply = session_.run({.script = &lua::force_release,
                                      .keys = {key_, audit},
                                      .arguments = {administrator, reason}});
    log_warning("redis", "the lock \"{}\" was freed by force; its holder: {}; reason: {}",
                escape_controls(settings_.name),
                reply.text().empty() ? "nobody" : escape_controls(reply.text()),
                escape_controls(reason));
  }

  void wait(nanoseconds timeout) override { wake_.wait(timeout); }
  void interrupt() noexcept override { wake_.interrupt(); }

 private:
  // {1 if it is held, owner, token, sequence, ms left}, from the member `first` on.
  static LockRecord record_of(const Reply& reply, std::size_t first) {
    LockRecord record{.token = reply.number(first + 2), .sequence = reply.number(first + 3)};
    if (reply.number(first) != 1) return record;
    record.owner = read_owner(reply.text(first + 1));
    record.expires_in = milliseconds{reply.number(first + 4)};
    return record;
  }

  void check_replicas(const std::string& owner_id, std::int64_t token) {
    int reached = 0;
    try {
      reached = session_.wait_for_replicas(settings_.wait_replicas);
    } catch (const Error& error) {
      // It is ours on the server all the same.
      throw Error{error.code(),
                  error.what(),
                  {.retryable = error.retryable(), .outcome_unknown = true, .backend = "redis"}};
    }
    if (reached >= settings_.wait_replicas) {
      confirmed_token_ = token;
      return;
    }
    release({.owner_id = owner_id, .token = token});
    throw Error{
        ErrorCode::kUnavailable,
        fmt::format("Redis at {}: the lock has reached {} of {} replicas (wait_replicas) and "
                    "was given back; look at the replicas",
                    session_.server().place(), reached, settings_.wait_replicas),
        {.retryable = true, .backend = "redis"}};
  }

  const LockSettings settings_;
  const std::string key_;
  Session session_;
  WakeChannel wake_;
  std::int64_t confirmed_token_ = 0;  // that the replicas have
};

}  // namespace

std::string lock_key(std::string_view name) { return fmt::format("stint:lock:{{{}}}", name); }

std::string_view fence_assert_script() { return lua::fence_assert.text; }

std::string fenced_script(std::string_view body) {
  return fmt::format(
      "local function refusal()\n{}end\nlocal refused = refusal()\n"
      "if type(refused) == 'table' then return refused end\n{}",
      lua::fence_assert.text, body);
}

std::string_view fence_set_script() { return lua::fence_set.text; }

}  // namespace redis

std::unique_ptr<LockBackend> make_redis_lock(const BackendOptions& options) {
  return std::make_unique<redis::RedisLock>(redis::read_lock_settings(options));
}

}  // namespace stint
