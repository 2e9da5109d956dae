#include "backends/redis/wake_channel.hpp"
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>
#include "base/clock.hpp"

namespace stint::redis {
namespace {

using std::chrono::nanoseconds;

// A connection can be dead without a word: a server that is silent for so long is asked for a sign.
constexpr std::chrono::seconds kCheckEvery{5};

nanoseconds now() { return real_clock().boot_now(); }

}  // namespace

WakeChannel::WakeChannel(Server server, std::string name)
    : server_(std::move(server)),
      name_(std::move(name)),
      interruption_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!interruption_) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

void WakeChannel::interrupt() noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then the wait ends as well.
  [[maybe_unused]] const ssize_t written = ::write(interruption_.get(), &one, sizeof one);
}

bool WakeChannel::take_interruption() const {
  std::uint64_t count = 0;
  return ::read(interruption_.get(), &count, sizeof count) == sizeof count;
}

void WakeChannel::wait(nanoseconds timeout) {
  if (take_interruption()) return;
  if (!link_) return subscribe();
  try {
    if (!listen(now() + timeout)) link_.reset();
  } catch (const Error&) {
    link_.reset();
    throw;
  }
}

void WakeChannel::subscribe() {
  const nanoseconds deadline = now() + server_.timeout;
  auto fresh = std::make_unique<Link>(server_, deadline);
  greet(*fresh, server_, deadline);
  fresh->send(std::vector<std::string_view>{"SUBSCRIBE", name_}, deadline);
  const Reply reply = fresh->receive_owed(deadline, Effect::kNone);
  if (reply.is_error()) throw refusal_error(server_, reply.text(), "SUBSCRIBE", name_);
  link_ = std::move(fresh);
  heard_at_ = now();
  pong_due_at_.reset();
}

bool WakeChannel::listen(nanoseconds deadline) {
  while (true) {
    if (!pong_due_at_ && now() - heard_at_ >= kCheckEvery) {
      link_->send(std::vector<std::string_view>{"PING"}, now() + server_.timeout);
      pong_due_at_ = now() + server_.timeout;
    }
    const nanoseconds look_at = pong_due_at_.value_or(heard_at_ + kCheckEvery);
    const auto reply = link_->receive(std::min(deadline, look_at), interruption_.get());
    if (reply) {
      heard_at_ = now();
      pong_due_at_.reset();
      if (reply->is_error()) throw refusal_error(server_, reply->text(), "SUBSCRIBE", name_);
      if (reply->text(0) == "message") return true;
      continue;
    }
    if (take_interruption()) return true;
    if (pong_due_at_ && now() >= *pong_due_at_) return false;
    if (now() >= deadline) return true;
  }
}

}  // namespace stint::redis
