#include "backends/redis/link.hpp"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>
#include <fmt/format.h>
#include "base/clock.hpp"

namespace stint::redis {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kPiece = 16384;

nanoseconds left_until(nanoseconds deadline) {
  return std::max(deadline - real_clock().boot_now(), nanoseconds{0});
}

}  // namespace

Link::Link(const Server& server, nanoseconds deadline) : server_(server) {
  const auto left = std::chrono::ceil<std::chrono::microseconds>(
      std::max(left_until(deadline), nanoseconds{std::chrono::milliseconds{1}}));
  const timeval limit{.tv_sec = left.count() / 1'000'000, .tv_usec = left.count() % 1'000'000};
  context_.reset(redisConnectWithTimeout(server_.host.c_str(), server_.port, limit));
  if (!context_) throw unreachable_error(server_, "out of memory", Effect::kNone);
  if (context_->err != 0) {
    throw unreachable_error(server_, fmt::format("cannot connect: {}", context_->errstr),
                            Effect::kNone);
  }
  // From here on the socket is read and written by this class alone: with deadlines for the whole
  // of an answer, and without SIGPIPE.
  const int flags = ::fcntl(context_->fd, F_GETFL);
  if (flags < 0 || ::fcntl(context_->fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(context_->fd, F_SETFD, FD_CLOEXEC) != 0) {
    throw unreachable_error(server_, std::strerror(errno), Effect::kNone);
  }
  const int yes = 1;
  ::setsockopt(context_->fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
}

Link::Event Link::wait_for(short events, nanoseconds deadline, int wake) const {
  while (true) {
    const nanoseconds left = left_until(deadline);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    std::array entries{pollfd{context_->fd, events, 0}, pollfd{wake, POLLIN, 0}};
    const int ready = ::ppoll(entries.data(), entries.size(), &limit, nullptr);
    if (ready < 0 && errno != EINTR) {
      throw unreachable_error(server_, std::strerror(errno), Effect::kPossible);
    }
    if (ready > 0) return entries[0].revents != 0 ? Event::kReady : Event::kWoken;
    if (ready == 0 && left_until(deadline) == nanoseconds{0}) return Event::kDeadline;
  }
}

void Link::send(std::span<const std::string_view> words, nanoseconds deadline) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* formatted = nullptr;
  const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(),
                                           sizes.data());
  if (size < 0) throw unreachable_error(server_, "out of memory", Effect::kNone);
  const std::unique_ptr<char, void (*)(char*)> owner{formatted,
                                                     [](char* text) { redisFreeCommand(text); }};
  std::string_view rest{formatted, static_cast<std::size_t>(size)};
  while (!rest.empty()) {
    const ssize_t sent = ::send(context_->fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (wait_for(POLLOUT, deadline, -1) == Event::kReady) continue;
      throw unreachable_error(server_, "takes no command in time", Effect::kPossible);
    } else if (errno != EINTR) {
      throw unreachable_error(server_, std::strerror(errno), Effect::kPossible);
    }
  }
}

std::optional<Reply> Link::take_reply() {
  void* reply = nullptr;
  if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK) {
    throw unreachable_error(
        server_, fmt::format("does not answer as Redis does: {}", context_->reader->errstr),
        Effect::kPossible);
  }
  if (reply == nullptr) return std::nullopt;
  return Reply{static_cast<redisReply*>(reply)};
}

void Link::read_more(Effect effect) {
  std::array<char, kPiece> piece{};
  const ssize_t size = ::recv(context_->fd, piece.data(), piece.size(), 0);
  if (size > 0) {
    redisReaderFeed(context_->reader, piece.data(), static_cast<std::size_t>(size));
  } else if (size == 0) {
    throw unreachable_error(server_, "closed the connection", effect);
  } else if (errno != EAGAIN && errno != EINTR) {
    throw unreachable_error(server_, std::strerror(errno), effect);
  }
}

std::optional<Reply> Link::receive(nanoseconds deadline, int wake) {
  while (true) {
    if (auto reply = take_reply()) return reply;
    if (wait_for(POLLIN, deadline, wake) != Event::kReady) return std::nullopt;
    read_more(Effect::kPossible);
  }
}

Reply Link::receive_owed(nanoseconds deadline, Effect effect) {
  try {
    if (auto reply = receive(deadline)) return std::move(*reply);
  } catch (const Error& error) {
    if (effect == Effect::kPossible) throw;
    throw Error{error.code(), error.what(), {.retryable = true, .backend = "redis"}};
  }
  throw unreachable_error(server_, "does not answer in time", effect);
}

bool Link::is_stale() const {
  pollfd entry{context_->fd, POLLIN | POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) != 0;
}

}  // namespace stint::redis
