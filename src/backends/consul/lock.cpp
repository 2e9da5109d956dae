#include "backends/consul/lock.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint::consul {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Time = std::chrono::nanoseconds;

constexpr const char* kLogger = "lock.consul";
// Others who are faster each time are real contenders: they get it.
constexpr int kMostReads = 3;
constexpr Milliseconds kSoon{50};
constexpr std::chrono::seconds kLongestDelay{5};
constexpr std::chrono::seconds kDelayUnknown{1};
// The server's timer and ours do not begin at the same moment.
constexpr Milliseconds kDelayMargin{50};
// To destroy a session after a call that has used its time.
constexpr Milliseconds kTidyTime{200};

bool is_held(const Look& look) { return look.entry && !look.entry->session.empty(); }

}  // namespace

Lock::Lock(const Options& options)
    : options_(options), client_(options), sessions_(client_), watch_(options) {}

Lock::~Lock() {
  // A session that holds the key stays: its work may go on, and its lease runs out by itself.
  client_.begin_call();
  if (mine_ && mine_->token == 0) drop_mine();
  sessions_.tidy();
}

LockTraits Lock::traits() const {
  return {.name = "consul",
          .is_exclusive = true,
          .has_lease = true,
          .is_observed = false,
          .promise =
              "one holder for the whole cluster, decided by Consul's servers; a holder that is "
              "cut off is stopped by its own clock before another can begin"};
}

Look Lock::look_at_key() {
  Look look = client_.look(options_.key);
  watch_.see(look);
  if (is_held(look)) {
    free_since_.reset();
  } else if (!free_since_) {
    free_since_ = real_clock().boot_now();
  }
  const bool is_own = mine_ && look.entry && look.entry->session == mine_->session;
  if (look.entry && !is_own) highest_seen_ = std::max(highest_seen_, look.entry->modify_index);
  return look;
}

LockAttempt Lock::acquire(const LockRequest& request) {
  client_.begin_call();
  for (int attempt = 0; attempt < kMostReads; ++attempt) {
    const Look look = look_at_key();
    sessions_.tidy();
    if (mine_ && mine_->owner_id != request.owner.id) drop_mine();
    if (is_held(look)) {
      // An earlier request of this owner whose answer was lost.
      if (mine_ && mine_->session == look.entry->session) return accept(look.entry->modify_index);
      drop_mine();
      return busy(*look.entry);
    }
    if (look.entry) refuse_foreign(*look.entry);
    const LockAnswer answer = ask_for(request, look);
    switch (answer.what) {
      case LockAnswer::What::kLocked:
        return accept(answer.token);
      case LockAnswer::What::kDelayed:
        drop_mine();
        return delayed(request.lock_delay);
      case LockAnswer::What::kNoSession:
        drop_mine();
        break;
      default:
        break;  // somebody was faster: look who
    }
  }
  drop_mine();
  return {.retry_in = kSoon};
}

void Lock::refuse_foreign(const Entry& entry) const {
  if (may_be_locked(entry)) return;
  throw Error{
      ErrorCode::kConfiguration,
      fmt::format("the key \"{}\" of Consul at {} holds what no lock has written: {}; choose "
                  "another {}.key, or delete that one",
                  options_.key, options_.url,
                  entry.flags != 0
                      ? fmt::format("it has the flags {}", entry.flags)
                      : fmt::format("{} bytes that are no JSON object", entry.value.size()),
                  options_.table),
      Error::Details{.backend = "consul"}};
}

LockAnswer Lock::ask_for(const LockRequest& request, const Look& look) {
  if (!mine_) {
    const auto up = [](Time time) { return std::chrono::ceil<Milliseconds>(time); };
    const std::string name = fmt::format("stint {} {}", options_.key, request.owner.id);
    mine_ = Mine{.owner_id = request.owner.id,
                 .session = sessions_.make(name, up(request.ttl), up(request.lock_delay))};
  }
  json owner = request.owner;
  if (request.owner.datacenter.empty()) owner["dc"] = options_.datacenter;
  try {
    return client_.lock(options_.key, look, mine_->session,
                        owner.dump(-1, ' ', false, json::error_handler_t::replace));
  } catch (const Error& error) {
    // If it may have been locked, the session stays: by it the next call finds out.
    if (!error.outcome_unknown()) drop_mine();
    throw;
  }
}

LockAttempt Lock::accept(std::int64_t token) {
  if (token <= highest_seen_) {
    const std::int64_t highest = highest_seen_;
    client_.extend_call(kTidyTime);
    try {
      client_.release(options_.key, mine_->session);
    } catch (const Error& error) {
      log_warning(kLogger, "the lock was not given back: {}", error.what());
    }
    drop_mine();
    throw Error{
        ErrorCode::kConfiguration,
        fmt::format("Consul at {} gave the token {} for the key \"{}\", but had given {} before: "
                    "its data have gone back, as by a backup that was restored, and whatever "
                    "checks tokens would refuse ours; choose another {}.key",
                    options_.url, token, options_.key, highest, options_.table),
        Error::Details{.backend = "consul"}};
  }
  highest_seen_ = token;
  mine_->token = token;
  watch_.see({.entry = Entry{.session = mine_->session, .modify_index = token}, .index = token});
  return {.is_acquired = true, .token = token};
}

LockAttempt Lock::busy(const Entry& entry) const {
  return {.holder = {.owner = owner_of(entry), .token = entry.modify_index}};
}

LockAttempt Lock::delayed(Time lock_delay) {
  // The key is free, but nobody may have it. Its last holder's delay, which began when that was
  // lost, is most likely as long as ours.
  const Time left = free_since_.value_or(Time{0}) + lock_delay - real_clock().boot_now();
  const Time wait = left > Time{0} ? left + kDelayMargin : Time{kDelayUnknown};
  return {.holder = {.token = highest_seen_}, .retry_in = std::min<Time>(wait, kLongestDelay)};
}

bool Lock::is_mine(const LockHold& hold) const {
  return mine_ && mine_->token == hold.token && mine_->owner_id == hold.owner_id;
}

bool Lock::is_held_by(const Entry& entry, const LockHold& hold) const {
  if (entry.session.empty() || entry.modify_index != hold.token) return false;
  if (mine_ && mine_->owner_id == hold.owner_id && mine_->session != entry.session) return false;
  return owner_of(entry).id == hold.owner_id;
}

bool Lock::renew(const LockHold& hold) {
  client_.begin_call();
  const Look look = look_at_key();
  if (look.entry && is_held_by(*look.entry, hold)) {
    const std::string session = look.entry->session;
    if (client_.renew_session(session)) {
      mine_ = Mine{.owner_id = hold.owner_id, .session = session, .token = hold.token};
      highest_seen_ = std::max(highest_seen_, hold.token);
      return true;
    }
  }
  if (is_mine(hold)) {
    client_.extend_call(kTidyTime);
    drop_mine();
  }
  return false;
}

bool Lock::release(const LockHold& hold) {
  client_.begin_call();
  std::string session;
  if (is_mine(hold)) {
    session = mine_->session;
  } else {
    const Look look = look_at_key();
    if (!look.entry || !is_held_by(*look.entry, hold)) return false;
    session = look.entry->session;
  }
  const bool was_held = client_.release(options_.key, session);
  // Not before: the end of a session that holds a key bars it for the lock delay.
  client_.extend_call(kTidyTime);
  if (mine_ && mine_->session == session) mine_.reset();
  sessions_.destroy(std::move(session));
  return was_held;
}

LockRecord Lock::read() {
  client_.begin_call();
  return record_of(look_at_key());
}

LockRecord Lock::record_of(const Look& look) const {
  LockRecord record;
  if (!look.entry) return record;
  record.token = look.entry->modify_index;
  if (is_held(look)) record.owner = owner_of(*look.entry);
  return record;
}

void Lock::force_release(std::string_view reason) {
  client_.begin_call();
  const Look look = look_at_key();
  if (!is_held(look)) return;
  const std::string& session = look.entry->session;
  const LockOwner owner = owner_of(*look.entry);
  // Every release raises the key's ModifyIndex, and so the next token.
  client_.release(options_.key, session);
  // Of a lock of ours, the session serves nothing else: without it, its holder hears at once.
  if (owner.id != session) sessions_.destroy(session);
  if (mine_ && mine_->session == session) mine_.reset();
  log_warning(kLogger, "the lock \"{}\" was taken from {} (token {}): {}",
              escape_controls(options_.key),
              escape_controls(sanitize_text(owner.host.empty() ? owner.fqdn : owner.host)),
              look.entry->modify_index, escape_controls(sanitize_text(reason)));
}

void Lock::drop_mine() noexcept {
  if (!mine_) return;
  std::string session = std::exchange(mine_, std::nullopt)->session;
  sessions_.destroy(std::move(session));
}

}  // namespace stint::consul
