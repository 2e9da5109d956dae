/// Listen for connections at an address that somebody wrote.
#pragma once
#include <string>
#include <string_view>
#include "base/unique_fd.hpp"

namespace stint {

struct ListenAddress {
  std::string host;
  std::string port;
};

/// Take `HOST:PORT` or `[IPv6]:PORT` apart. Throws ConfigurationError naming the text.
ListenAddress parse_listen_address(std::string_view text);

struct Listener {
  UniqueFd socket;
  std::string address;  ///< in numbers, with the port that was chosen
};

/// Open a socket that takes TCP connections there, non-blocking, not handed to child processes.
/// Throws ConfigurationError naming the address and why it cannot be used.
Listener listen_at(std::string_view address);

}  // namespace stint
