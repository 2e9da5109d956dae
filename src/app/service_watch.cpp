#include "app/service_watch.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "base/log.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kPause = std::chrono::milliseconds{250};
// A manager that takes nothing for so long has gone.
constexpr std::size_t kMostUnsent = 4096;

/// A status is one line of the datagram.
std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

/// So often that a sign of life is never late by more than a tenth of the manager's patience.
nanoseconds pause_between_looks(nanoseconds watchdog) {
  if (watchdog <= nanoseconds{0}) return kPause;
  return std::clamp(watchdog / 10, nanoseconds{std::chrono::milliseconds{1}}, kPause);
}

}  // namespace

std::string ServiceNews::next(const ServiceState& state, nanoseconds boot_now) {
  std::string lines;
  const auto say = [&](std::string_view line) { lines.append(line).append("\n"); };
  if (state.is_ready && !std::exchange(was_ready_, true)) say("READY=1");
  if (state.is_stopping && !std::exchange(was_stopping_, true)) say("STOPPING=1");
  std::string status =
      one_line(state.hang.empty() ? state.status : fmt::format("hangs: {}", state.hang));
  if (status != status_) {
    say(fmt::format("STATUS={}", status));
    status_ = std::move(status);
  }
  if (sign_pause_ > nanoseconds{0} && state.hang.empty() && boot_now >= next_sign_) {
    say("WATCHDOG=1");
    next_sign_ = boot_now + sign_pause_;
  }
  return lines;
}

ServiceWatch::ServiceWatch(const ServiceRequest& request, Look look)
    : socket_(request.socket),
      pause_(pause_between_looks(request.watchdog)),
      look_(std::move(look)),
      news_(request.watchdog) {
  if (socket_.is_open()) thread_ = std::thread{[this] { run(); }};
}

ServiceWatch::~ServiceWatch() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock{mutex_};
    ends_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void ServiceWatch::look_soon() {
  const MutexLock lock{mutex_};
  looks_soon_ = true;
  changed_.notify_all();
}

void ServiceWatch::run() {
  for (bool is_last = false; !is_last;) {
    {
      MutexLock lock{mutex_};
      if (!looks_soon_ && !ends_) changed_.wait_for(lock, pause_);
      looks_soon_ = false;
      is_last = ends_;
    }
    tell();
  }
}

void ServiceWatch::tell() {
  std::string lines = unsent_ + news_.next(look_(), real_clock().boot_now());
  unsent_.clear();
  if (lines.empty() || socket_.send(lines)) return;
  log_debug("service", "the service manager did not take: {}", lines);
  if (lines.size() < kMostUnsent) unsent_ = std::move(lines);
}

nanoseconds longest_turn(const ServiceRequest& request) {
  return request.watchdog.count() > 0 ? nanoseconds{request.watchdog} / 2 : kLongestTurn;
}

}  // namespace stint
