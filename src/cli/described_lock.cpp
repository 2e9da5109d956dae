#include "cli/described_lock.hpp"
#include <fmt/format.h>
#include "app/environment.hpp"
#include "base/utf8.hpp"
#include "cli/context.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint::cli {

void LockName::declare(OptionTable& options) {
  options.add_positional({.name = "TASK",
                          .help = "the task whose lock it is",
                          .is_required = false,
                          .set = [this](std::string_view text) { task = text; }});
  options.text({"--lock-name"}, "NAME", name, "the lock's name itself, in place of the task's")
      .default_text = "as the settings have it";
}

DescribedLock LockName::open(Context& context) const {
  if (task.empty() && name.empty()) {
    throw Error{ErrorCode::kUsage, "say which lock: TASK, or --lock-name NAME"};
  }
  return open_lock(context.settings(), context.registry().backends(), task, name);
}

std::string LockName::title() const {
  return name.empty() ? fmt::format("the lock of {}", sanitize_text(task))
                      : fmt::format("the lock \"{}\"", sanitize_text(name));
}

std::string owner_text(const LockOwner& owner) {
  std::string text = owner.fqdn.empty() ? owner.host : owner.fqdn;
  if (text.empty()) text = "somebody who left no name";
  if (owner.pid != 0) text += fmt::format(" (pid {})", owner.pid);
  if (!owner.acquired_at.empty()) text += fmt::format(", since {}", owner.acquired_at);
  return sanitize_text(text);
}

}  // namespace stint::cli
