/// Start the real programs and look at what they do.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stint::test {

struct ProcessOptions {
  std::string program;  ///< a path
  std::vector<std::string> arguments = {};
  /// Added to the environment. Of the test's own, all but STINT_*, XDG_*, HOME, TERM, COLUMNS and
  /// NO_COLOR is handed on.
  std::map<std::string, std::string> environment = {};
  std::string standard_input = {};
  std::string folder = {};     ///< the working folder; empty: the test's own
  int terminal_columns = 0;    ///< above 0: standard output is a terminal of that width
  int output_descriptor = -1;  ///< use this for standard output; it is not captured then
};

/// How a program ended.
struct ProcessResult {
  int exit_code = -1;  ///< -1: ended by `signal`
  int signal = 0;
  bool timed_out = false;  ///< it was killed because it took too long
  std::string out = {};
  std::string err = {};
};

/// One running program. Killed, with its process group, when the object goes.
class Process {
 public:
  /// Throws std::runtime_error if it cannot be started.
  explicit Process(const ProcessOptions& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const;
  /// What it has written so far.
  std::string out() const;
  std::string err() const;
  void send_signal(int signal) const;
  bool has_ended() const;
  /// Wait for the end; kill it after `timeout`. To be called once.
  ProcessResult wait(std::chrono::milliseconds timeout = std::chrono::seconds{60});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Start, wait and return.
ProcessResult run_process(const ProcessOptions& options,
                          std::chrono::milliseconds timeout = std::chrono::seconds{60});

}  // namespace stint::test
