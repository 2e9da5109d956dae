/// A PostgreSQL server of a test's own, to be stopped, broken and started again.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {

/// How a server is stopped.
enum class Shutdown : std::uint8_t {
  kFast,       ///< sessions are ended, everything is written
  kImmediate,  ///< as by a crash: the next start recovers
};

/// Make a server in a temporary folder, on a free port of 127.0.0.1 that it keeps over restarts.
/// Its user `postgres` needs no password; fsync is on. It dies with the test. Not thread-safe.
class PostgresServer final {
 public:
  struct Options {
    std::vector<std::string> settings = {};  ///< lines of postgresql.conf
    std::vector<std::string> access = {};    ///< lines of pg_hba.conf, before those that trust all
    std::filesystem::path data = {};  ///< an empty folder for its data; empty: one of its own
    std::filesystem::path wal =
        {};  ///< an empty folder for its log of changes; empty: with the data
    /// Its wall clock can be set: by a FakeClock of this object's file "clock" in `folder`.
    bool has_fake_clock = false;
    std::string standby_of = {};  ///< the connection string of another server: be its standby
  };

  /// Whether there is a server to start; if not, why, and the way out. Fails the test where one is
  /// required.
  static bool is_installed(std::string& missing);
  /// A port of 127.0.0.1 that nobody has, below those that the kernel gives to clients: one of
  /// these could take it while its owner is down.
  static int free_port();
  /// Make and start it. Throws std::runtime_error with the server's log.
  PostgresServer() : PostgresServer(Options{}) {}
  explicit PostgresServer(const Options& options);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  int port() const { return port_; }
  /// A folder that the server's user may read.
  const std::filesystem::path& folder() const { return folder_.path(); }
  const std::filesystem::path& data() const { return data_; }
  /// postgresql://postgres@127.0.0.1:PORT/postgres?schema=stint
  std::string url() const;

  void stop(Shutdown how);
  /// Start it and wait until it accepts connections.
  void start();
  bool accepts() const;
  /// Halt all of its processes: its connections stay open and nothing is answered; or go on.
  void pause() const { send_signal(SIGSTOP); }
  void resume() const { send_signal(SIGCONT); }
  bool has_ended() const { return !process_ || process_->has_ended(); }
  /// What it has logged since the last start.
  std::string log() const { return process_ ? process_->err() : std::string{}; }

  /// Run statements over a session of their own; rows, their columns separated by `|`. Throws
  /// std::runtime_error.
  std::vector<std::string> run(const std::string& text) const;
  /// The processes of clients' sessions.
  std::vector<pid_t> backends() const;
  /// Give a file or folder to the server's user, with no rights for others.
  static void give_to_server(const std::filesystem::path& path);
  /// How to run a program as the server's user; it dies with the thread that starts it.
  static ProcessOptions as_server(const std::string& program,
                                  const std::vector<std::string>& arguments);
  /// Run one of the server's programs as its user; throws std::runtime_error unless it ends with 0.
  static std::string run_tool(const std::string& name, const std::vector<std::string>& arguments);

 private:
  void send_signal(int signal) const;
  void write_settings(const Options& options) const;

  TemporaryFolder folder_;
  std::filesystem::path data_;
  std::map<std::string, std::string> environment_;
  int port_;
  std::unique_ptr<Process> process_;
};

}  // namespace stint::test
