/// One connection to a server: bytes of commands out, answers in, each with a deadline.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <hiredis/hiredis.h>
#include "backends/redis/errors.hpp"
#include "backends/redis/reply.hpp"
#include "backends/redis/server.hpp"

namespace stint::redis {

/// Close a connection.
struct ContextDeleter {
  void operator()(redisContext* context) const noexcept { redisFree(context); }
};

/// Deadlines are on CLOCK_BOOTTIME. What goes wrong is an Error kUnavailable, after which the link
/// is good for nothing more. Raises no SIGPIPE. Not thread-safe.
class Link final {
 public:
  /// Connect.
  Link(const Server& server, std::chrono::nanoseconds deadline);

  /// Send one command; several may be sent before their answers are read.
  void send(std::span<const std::string_view> words, std::chrono::nanoseconds deadline);

  /// Read the next answer. Nothing if `wake` (a descriptor; below 0: none) becomes readable or the
  /// deadline passes.
  std::optional<Reply> receive(std::chrono::nanoseconds deadline, int wake = -1);
  /// The same, but the passing of the deadline is an error: the answer is owed.
  Reply receive_owed(std::chrono::nanoseconds deadline, Effect effect);

  /// Whether the server has closed it or says something that nobody asked for.
  bool is_stale() const;

 private:
  enum class Event { kReady, kWoken, kDeadline };

  Event wait_for(short events, std::chrono::nanoseconds deadline, int wake) const;
  std::optional<Reply> take_reply();
  void read_more(Effect effect);

  const Server& server_;
  std::unique_ptr<redisContext, ContextDeleter> context_;
};

}  // namespace stint::redis
