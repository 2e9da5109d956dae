/// Measure wall time and CPU time.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <optional>
#include "figure.hpp"

namespace stint::bench {

/// The processes of a PostgreSQL server on this machine.
class ServerProcesses final {
 public:
  /// Find the server by one of its backends; nothing if that is no process of this machine.
  static std::optional<ServerProcesses> find(pid_t backend);

  /// CPU seconds that all of them, also those that have ended, have used. Read from /proc, which
  /// counts in hundredths of a second.
  double cpu_seconds() const;

 private:
  explicit ServerProcesses(pid_t postmaster) : postmaster_(postmaster) {}
  pid_t postmaster_;
};

/// CPU seconds that this process has used.
double own_cpu_seconds();
/// CPU seconds that those of its children which were waited for, and theirs, have used.
double children_cpu_seconds();

/// Measure from construction to `stop`.
class Meter final {
 public:
  explicit Meter(const std::optional<ServerProcesses>& server = {});
  Sample stop(std::int64_t jobs) const;

 private:
  std::optional<ServerProcesses> server_;
  double server_before_ = 0;
  double client_before_;
  std::chrono::steady_clock::time_point started_at_;
};

}  // namespace stint::bench
