/// A store's file as locks and liveness stamps use it.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include "backends/sqlite/boot_time.hpp"
#include "backends/sqlite/connection.hpp"
#include "backends/sqlite/location.hpp"
#include "backends/sqlite/turn.hpp"
#include "backends/sqlite/wake.hpp"
#include "backends/sqlite/writer.hpp"
#include "stint/lock_backend.hpp"

namespace stint::sqlite {

/// Open the file of a role, making it and its tables where they are not there yet, as a store does.
/// Its moments are of one boot of one machine, so it must be on a disk of this machine. Used by one
/// thread at a time.
class RoleFile final {
 public:
  /// Opens nothing yet. Throws Error kConfiguration for a URL that cannot be meant.
  RoleFile(const BackendOptions& options, BootTime boot_time);

  /// A connection to the file that now has this path. Throws Error: kConfiguration for a file
  /// system or a file that cannot serve, kUnavailable for one that cannot be opened or written to.
  Connection& connection() { return opened().connection; }
  /// Run a write in a transaction, see Writer. Waits for its turn no longer than the timeout.
  template <typename Call>
  auto write(Call&& call) {
    return opened().writer.run(std::forward<Call>(call));
  }

  /// By any thread.
  BootMoment now() const { return boot_time_(); }
  const Location& location() const { return location_; }

 private:
  struct Opened {
    Opened(const Location& location, std::chrono::milliseconds timeout);

    Connection connection;
    FileTurn turn;
    WakeFile wake;
    Writer writer;
  };

  Opened& opened();

  const BootTime boot_time_;
  const std::chrono::milliseconds timeout_;
  const std::string url_;
  const Location location_;
  std::unique_ptr<Opened> opened_;
};

}  // namespace stint::sqlite
