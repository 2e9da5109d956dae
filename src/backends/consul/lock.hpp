/// The one-instance lock on a key of Consul.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include "backends/consul/client.hpp"
#include "backends/consul/key_watch.hpp"
#include "backends/consul/options.hpp"
#include "backends/consul/sessions.hpp"
#include "stint/lock_backend.hpp"

namespace stint::consul {

/// Hold a key by a session that is made when the key is seen free, and destroyed with its release.
/// The token is the key's ModifyIndex; the value, which names the owner, is written once.
class Lock final : public LockBackend {
 public:
  /// Throws as Client does.
  explicit Lock(const Options& options);
  ~Lock() override;

  LockTraits traits() const override;
  LockAttempt acquire(const LockRequest& request) override;
  bool renew(const LockHold& hold) override;
  bool release(const LockHold& hold) override;
  LockRecord read() override;
  void force_release(std::string_view reason) override;
  void wait(std::chrono::nanoseconds timeout) override { watch_.wait(timeout); }
  void interrupt() noexcept override { watch_.interrupt(); }

 private:
  /// The session that holds the key, or may come to hold it by a request that was not answered.
  struct Mine {
    std::string owner_id;
    std::string session;
    std::int64_t token = 0;  // 0: nobody knows whether it is held
  };

  Look look_at_key();
  /// Throws Error kConfiguration if the key holds what no lock has written.
  void refuse_foreign(const Entry& entry) const;
  LockAnswer ask_for(const LockRequest& request, const Look& look);
  LockAttempt accept(std::int64_t token);
  LockAttempt busy(const Entry& entry) const;
  LockAttempt delayed(std::chrono::nanoseconds lock_delay);
  LockRecord record_of(const Look& look) const;
  bool is_held_by(const Entry& entry, const LockHold& hold) const;
  /// Whether the session in memory is the one of this holding.
  bool is_mine(const LockHold& hold) const;
  void drop_mine() noexcept;

  const Options options_;
  Client client_;
  Sessions sessions_;
  KeyWatch watch_;
  std::optional<Mine> mine_;
  std::int64_t highest_seen_ = 0;  // of the tokens of this key
  std::optional<std::chrono::nanoseconds> free_since_;
};

}  // namespace stint::consul
