/// A real server of a test's own: found, started, paused, killed and started again.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "support/process.hpp"

namespace stint::test {

/// The address of a server that `./dev up` has started: for "redis" what STINT_TEST_REDIS says.
/// Nothing if it is not there: why, and the way out, is in `missing`, and the test fails where the
/// server is required (STINT_TEST_REQUIRE).
std::optional<std::string> server_address(std::string_view name, std::string& missing);

/// The path of a server's program: for "redis" what STINT_TEST_REDIS_PROGRAM says, else
/// `usual_name` on PATH. Nothing as with `server_address`.
std::optional<std::string> server_program(std::string_view name, std::string_view usual_name,
                                          std::string& missing);

/// One process of a server's program. It dies with the thread that starts it. Not thread-safe.
class ServerProcess final {
 public:
  struct Options {
    std::string program = {};  ///< a path
    std::vector<std::string> arguments = {};
    std::filesystem::path folder = {};   ///< it works there
    std::function<bool()> answers = {};  ///< whether it is ready for its clients
    /// Its wall clock can be set; its other clocks go right. Does nothing to programs that ask the
    /// kernel and not the C library for the time, as those in Go.
    bool has_fake_clock = false;
  };

  explicit ServerProcess(Options options);

  /// Start it and wait until it answers. Throws std::runtime_error with what it has said.
  void start();
  /// Ask it to end and wait for that.
  void stop();
  /// Kill it on the spot, as the loss of its machine would.
  void kill();
  /// Halt it: its connections stay open and nothing is answered.
  void pause();
  void resume();
  /// Set its wall clock that much ahead of the right time (or behind). Needs `has_fake_clock`.
  void set_clock(std::chrono::seconds ahead) const;

  bool is_running() const { return process_ && !process_->has_ended(); }
  pid_t pid() const { return process_ ? process_->pid() : -1; }
  /// What it has said since the last start.
  std::string log() const;

 private:
  Options options_;
  std::unique_ptr<Process> process_;
};

}  // namespace stint::test
