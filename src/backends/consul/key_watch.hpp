/// Hear of changes of a key.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include "backends/consul/client.hpp"
#include "base/mutex.hpp"

namespace stint::consul {

/// Wait by blocking queries, over a connection of its own. `wait` is called by one thread at a
/// time, `see` and `interrupt` by any.
class KeyWatch final {
 public:
  explicit KeyWatch(const Options& options);

  /// Remember what the key was like.
  void see(const Look& look);
  /// Return once the key is not as it was seen last, after `timeout`, or when interrupted. Asks at
  /// most twice a second, however often the server answers. Throws as Client does.
  void wait(std::chrono::nanoseconds timeout);
  /// End the present or the next `wait`.
  void interrupt() noexcept;

 private:
  struct Seen {
    std::int64_t index = 0;
    std::int64_t modify_index = 0;  // 0: no such key
    std::string session;
  };

  static Seen seen_of(const Look& look);
  /// Return false if interrupted.
  bool pause(std::chrono::nanoseconds duration);
  /// Whether `wait` is to end for an interruption, which counts once.
  bool take_interruption();

  const std::string key_;
  Client client_;
  std::minstd_rand random_;

  Mutex mutex_;
  CondVar interrupted_;
  std::optional<Seen> seen_ STINT_GUARDED_BY(mutex_);
  bool is_interrupted_ STINT_GUARDED_BY(mutex_) = false;
  std::stop_source stop_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint::consul
