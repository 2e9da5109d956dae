/// Where a Redis or Valkey is, from settings.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include "stint/lock_backend.hpp"

namespace stint::redis {

struct Server {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string user = {};      ///< empty: the default user
  std::string password = {};  ///< empty: none is given
  int database = 0;
  /// The limit of one call, connecting included.
  std::chrono::nanoseconds timeout = std::chrono::seconds{1};

  /// "127.0.0.1:6379", for messages.
  std::string place() const;
};

/// What a lock takes from its settings besides.
struct LockSettings {
  Server server;
  std::string name;  ///< of the lock
  bool has_restart_guard = true;
  int wait_replicas = 0;
};

/// Read and check. Throws ConfigurationError with every problem.
Server read_server(const BackendOptions& options);
LockSettings read_lock_settings(const BackendOptions& options);

}  // namespace stint::redis
