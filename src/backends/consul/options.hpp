/// Where a Consul is and which key is meant, from settings.
#pragma once
#include <chrono>
#include <string>
#include "stint/lock_backend.hpp"

namespace stint::consul {

struct Options {
  std::string url;              ///< "http://127.0.0.1:8500"
  std::string datacenter = {};  ///< empty: the agent's own
  std::string token = {};       ///< goes into a header, never into a URL or a message
  std::string ca_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  std::string key;         ///< "stint/example.oneinstance"
  std::string table = {};  ///< of the settings, for messages: "one_instance.consul"
  /// The limit of one call, however many requests it takes.
  std::chrono::milliseconds timeout{1000};
};

/// Read and check. Throws ConfigurationError with every problem.
Options read_options(const BackendOptions& options);

}  // namespace stint::consul
