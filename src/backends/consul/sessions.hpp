/// The sessions that a lock makes: none of them is left behind.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>
#include "backends/consul/client.hpp"

namespace stint::consul {

/// Make sessions and destroy them, at once or as soon as the server answers again. Those that it
/// never hears of end by their ttl.
class Sessions final {
 public:
  explicit Sessions(Client& client) : client_(client) {}

  /// Throws as Client does, but an outcome is never unknown: a session alone holds nothing.
  std::string make(const std::string& name, std::chrono::milliseconds ttl,
                   std::chrono::milliseconds lock_delay);
  /// Destroy it, or remember to.
  void destroy(std::string id) noexcept;
  /// Destroy what could not be destroyed before.
  void tidy() noexcept;

 private:
  Client& client_;
  std::vector<std::string> litter_;         // ids
  std::vector<std::string> unknown_names_;  // of sessions that may have been made
};

}  // namespace stint::consul
