/// Stand for a daemon that takes datagrams at a socket of the file system or of the loopback.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include "base/unique_fd.hpp"

namespace stint::test {

class DatagramReceiver final {
 public:
  /// Bind a socket at this path, or at the abstract name behind an @. Throws std::system_error.
  explicit DatagramReceiver(const std::string& path);
  /// Bind a UDP socket at a free port of 127.0.0.1. Throws std::system_error.
  DatagramReceiver();

  /// The port of UDP.
  std::uint16_t port() const;

  /// Wait for the next datagram; nothing if none comes in time.
  std::optional<std::string> receive(std::chrono::milliseconds limit = std::chrono::seconds{
                                         20}) const;

 private:
  UniqueFd socket_;
};

}  // namespace stint::test
