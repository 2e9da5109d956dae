/// A shell script that runs as a keeper's child and whose output a test reads.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "base/unique_fd.hpp"
#include "process/keeper.hpp"

namespace stint::test {

/// Start `sh -c script` and read what it prints. All that it starts carries `mark`, a variable of
/// its environment, unless it takes it off.
class KeptScript final {
 public:
  KeptScript(Keeper& keeper, const std::string& script, SpawnOptions options = {});

  ChildProcess& child() { return *child_; }
  /// Read a line, without its end. Throws std::runtime_error if none comes for 20 seconds.
  std::string read_line();
  /// Wait for its end. Throws std::runtime_error if that does not come for 30 seconds.
  ExitStatus wait() const;
  /// What it has started and still runs, itself included.
  std::vector<pid_t> left() const;
  /// Let go of the child: that ends it.
  void drop() { child_.reset(); }

 private:
  std::string mark_;
  UniqueFd output_;
  std::string read_;
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace stint::test
