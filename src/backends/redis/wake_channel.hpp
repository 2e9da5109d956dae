/// Hear of releases.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include "backends/redis/session.hpp"
#include "base/unique_fd.hpp"

namespace stint::redis {

/// Listen on a channel over a connection of its own. `wait` is called by one thread at a time,
/// `interrupt` by any.
class WakeChannel final {
 public:
  /// Throws std::system_error if there are no descriptors left.
  WakeChannel(Server server, std::string name);

  /// Return once something was said on the channel, after `timeout`, or when interrupted. The first
  /// call, and the first after the connection was lost, returns as soon as it listens: what was
  /// said before was not heard. Throws Error.
  void wait(std::chrono::nanoseconds timeout);
  /// End the present or the next `wait`.
  void interrupt() noexcept;

 private:
  bool take_interruption() const;
  void subscribe();
  /// Return whether the link is to be kept.
  bool listen(std::chrono::nanoseconds deadline);

  const Server server_;
  const std::string name_;
  const UniqueFd interruption_;
  std::unique_ptr<Link> link_;
  std::chrono::nanoseconds heard_at_{0};                 // the last sign of life of the server
  std::optional<std::chrono::nanoseconds> pong_due_at_;  // it was asked for one
};

}  // namespace stint::redis
