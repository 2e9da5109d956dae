/// The lock that a `lock` command is about.
#pragma once
#include <string>
#include "app/role_backends.hpp"
#include "cli/options.hpp"

namespace stint::cli {

class Context;

/// Options that name a lock: TASK, or --lock-name.
struct LockName {
  std::string task = {};
  std::string name = {};

  void declare(OptionTable& options);
  /// Make it from the settings. Throws Error kUsage if nothing says which lock, kConfiguration.
  DescribedLock open(Context& context) const;
  /// For messages: "the lock of hello.world".
  std::string title() const;
};

/// Say who it is in a few words: "web-3 (pid 4711), since 2026-11-22T12:00:00Z".
std::string owner_text(const LockOwner& owner);

}  // namespace stint::cli
