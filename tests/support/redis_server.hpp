/// A Redis or Valkey of a test's own, to be stopped, broken and started again.
#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {

/// Make a server in a temporary folder, on a free port of 127.0.0.1 that it keeps over restarts. It
/// dies with the test. Not thread-safe.
class RedisServer final {
 public:
  struct Options {
    std::string name = "redis";  ///< or "valkey"
    /// Options as on its command line, `--maxmemory 1mb`, one word an entry. Without others it has
    /// an append-only file that is synchronised at every write.
    std::vector<std::string> settings = {};
    bool has_fake_clock = false;  ///< see ServerProcess::Options
  };

  /// Whether there is a server to start; if not, why, and the way out. Fails the test where one is
  /// required.
  static bool is_installed(std::string_view name, std::string& missing);

  /// Make and start it. Throws std::runtime_error with the server's log.
  RedisServer() : RedisServer(Options{}) {}
  explicit RedisServer(const Options& options);

  int port() const { return port_; }
  /// redis://127.0.0.1:PORT
  std::string url() const;
  const std::filesystem::path& folder() const { return folder_.path(); }

  /// Start it anew, with its data, and wait until it answers.
  void start() { process_.start(); }
  /// See ServerProcess.
  ServerProcess& process() { return process_; }

  /// Send one command over a connection of its own and return the reply as redis-cli would show it
  /// in a pipe: texts and numbers as they are, the members of a list one a line, nil as "(nil)", an
  /// error as "(error) ...". Throws std::runtime_error if there is no reply within `limit`.
  std::string run(const std::vector<std::string>& words,
                  std::chrono::milliseconds limit = std::chrono::seconds{5}) const;
  static std::string run(int port, const std::vector<std::string>& words,
                         std::chrono::milliseconds limit = std::chrono::seconds{5});

 private:
  ServerProcess::Options process_options(const Options& options) const;

  TemporaryFolder folder_;
  int port_;
  ServerProcess process_;
};

}  // namespace stint::test
