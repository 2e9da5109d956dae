#include "core/lease.hpp"
#include <algorithm>
#include "base/backoff.hpp"

namespace stint {
namespace {

constexpr std::chrono::seconds kLongestPause{2};

// Renewals of many locks should not meet: +-10 %, told apart by the token and by their number.
double spread(std::int64_t token, std::uint64_t number) {
  const std::uint64_t mixed =
      (static_cast<std::uint64_t>(token) + number * 0x9e3779b97f4a7c15U) * 0xbf58476d1ce4e5b9U;
  return static_cast<double>(mixed >> 44U) / static_cast<double>(1U << 20U) * 0.2 + 0.9;
}

std::optional<Lease::Time> earlier(std::optional<Lease::Time> a, std::optional<Lease::Time> b) {
  if (!a) return b;
  if (!b) return a;
  return std::min(*a, *b);
}

}  // namespace

Lease::Lease(Options options) : options_(options) {}

void Lease::wait() {
  if (!is_held()) state_ = LockState::kWaiting;
}

void Lease::give_up_waiting() {
  if (state_ == LockState::kWaiting) state_ = LockState::kReleased;
}

void Lease::acquire(std::int64_t token, Time sent_at) {
  state_ = LockState::kHeld;
  token_ = token;
  extended_at_ = sent_at;
  stop_said_ = false;
  renewals_ = 0;
  renewed_at_ = sent_at;
  renew(sent_at);
}

void Lease::renew(Time sent_at) {
  if (!is_held()) return;
  state_ = LockState::kHeld;
  is_renewing_ = false;
  failures_ = 0;
  // A slow answer to an older request takes nothing back.
  renewed_at_ = std::max(renewed_at_, sent_at);
  ++renewals_;
  const auto every = static_cast<double>(options_.times.renew_every.count());
  renew_at_ = renewed_at_ + Time{static_cast<Time::rep>(every * spread(token_, renewals_))};
}

void Lease::fail_to_renew(Time now) {
  if (!is_held()) return;
  state_ = LockState::kAtRisk;
  is_renewing_ = false;
  renew_at_ = now + pause();
}

Lease::Time Lease::pause() {
  const BackoffOptions options{.first = options_.retry_wait, .longest = kLongestPause};
  return backoff_pause(options, ++failures_, 0);
}

void Lease::extend(Time now) {
  if (is_held()) extended_at_ = std::max(extended_at_.value_or(now), now);
}

void Lease::rest() {
  if (is_held()) extended_at_.reset();
}

void Lease::lose() {
  if (is_held()) state_ = LockState::kLost;
}

void Lease::release() {
  if (is_held()) state_ = LockState::kReleased;
}

std::optional<Lease::Time> Lease::stop_at() const {
  std::optional<Time> at;
  if (options_.has_lease) at = renewed_at_ + options_.times.stop_after();
  if (options_.stall_timeout && extended_at_) {
    at = earlier(at, *extended_at_ + *options_.stall_timeout);
  }
  return at;
}

std::optional<Lease::Time> Lease::kill_at() const {
  std::optional<Time> at;
  if (options_.has_lease) at = renewed_at_ + options_.times.kill_after();
  if (options_.stall_timeout && extended_at_) {
    at = earlier(at, *extended_at_ + *options_.stall_timeout + options_.times.grace);
  }
  return at;
}

// Without a lease too: nobody stays at risk who is not looked at again.
bool Lease::can_renew() const {
  return !is_renewing_ && (options_.has_lease || state_ == LockState::kAtRisk);
}

Lease::Due Lease::look(Time now) {
  Due due;
  if (!is_held()) return due;
  const std::optional<Time> kill = kill_at();
  if (kill && now >= *kill) {
    due.kill = true;
    state_ = LockState::kLost;
    return due;
  }
  const std::optional<Time> stop = stop_at();
  if (stop && now >= *stop && !stop_said_) {
    due.stop = true;
    stop_said_ = true;
  }
  due.renew = can_renew() && now >= renew_at_;
  return due;
}

std::optional<Lease::Time> Lease::next_look() const {
  if (!is_held()) return std::nullopt;
  std::optional<Time> at = kill_at();
  if (!stop_said_) at = earlier(at, stop_at());
  if (can_renew()) at = earlier(at, renew_at_);
  return at;
}

Lease::Time Lease::remaining(Time now) const {
  if (!is_held()) return Time{0};
  const std::optional<Time> kill = kill_at();
  return kill ? std::max(Time{0}, *kill - now) : Time::max();
}

}  // namespace stint
