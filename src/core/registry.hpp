/// The tasks, commands, settings and contexts that a program's modules declare, checked as a whole.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>
#include "core/command_task.hpp"
#include "stint/module.hpp"

namespace stint {

/// Immutable once built; shared between threads.
class Registry final {
 public:
  /// Run the modules' declarations and check them: counts of `arg`s, defaults that do not convert
  /// or are no choice, two tasks of one name, arguments named like an option of `run`, names,
  /// ranges, contexts that nobody declared (of tasks and of hooks), options whose rule is not built
  /// yet. Adds a line for each mistake to `problems`. `commands` are the tasks that the settings
  /// declare, checked already: only their names may be taken.
  static std::shared_ptr<const Registry> build(std::span<const ModuleDefinition> modules,
                                               std::vector<std::string>& problems,
                                               std::span<const CommandTask> commands = {});

  /// Find by the full name "module.task"; nothing if there is none.
  const detail::TaskDeclaration* find_task(std::string_view name) const;
  const detail::TaskDeclaration* find_command(std::string_view name) const;
  /// Find a task to enqueue: nothing if it belongs to a module that is not here, so that some other
  /// program may have it. Throws Error kNotFound, with the nearest name, if its module is here
  /// without it.
  const detail::TaskDeclaration* find_task_to_enqueue(std::string_view name) const;

  /// In the order of their names.
  const std::map<std::string, detail::TaskDeclaration, std::less<>>& tasks() const {
    return tasks_;
  }
  const std::map<std::string, detail::TaskDeclaration, std::less<>>& commands() const {
    return commands_;
  }
  const std::vector<SettingSpec>& settings() const { return settings_; }
  const std::vector<detail::ContextDeclaration>& contexts() const { return contexts_; }

  /// In the order in which they are called: of the modules, and within one of their declaration.
  const std::vector<detail::AroundDeclaration>& around_hooks() const { return around_; }
  const std::vector<detail::FailedDeclaration>& failed_hooks() const { return failed_; }

  /// The modules' own backends.
  const std::vector<detail::BackendDeclaration>& backends() const { return backends_; }

  std::vector<std::string> task_names() const;

 private:
  std::map<std::string, detail::TaskDeclaration, std::less<>> tasks_;
  std::map<std::string, detail::TaskDeclaration, std::less<>> commands_;
  std::set<std::string, std::less<>> modules_;
  std::vector<SettingSpec> settings_;
  std::vector<detail::ContextDeclaration> contexts_;
  std::vector<detail::BackendDeclaration> backends_;
  std::vector<detail::AroundDeclaration> around_;
  std::vector<detail::FailedDeclaration> failed_;
};

/// Describe a task as JSON: doc, domain, priority, timeout, retry, args with type, default,
/// choices, help. Stored with the task and shown by `task show`.
json specification(const detail::TaskDeclaration& task);

/// Read a task's declaration back from its stored specification: for programs that do not have the
/// code. It has no handler; types, choices and defaults of its arguments are checked, C++
/// conversions and defaults that are bytes are not known. Unknown members are left aside. Throws
/// Error kInvalid.
detail::TaskDeclaration task_from_specification(std::string_view name, const json& specification);

/// Members of a stored specification: it has the number of attempts, or the timeout, from the
/// settings of the program that registered it, and not from the task.
inline constexpr const char* kAttemptsAreDefault = "max_attempts_is_default";
inline constexpr const char* kTimeoutIsDefault = "timeout_is_default";

/// The names that no argument can have, with dashes, because `run` or every command has an option
/// of the name. Underscores count as dashes.
std::span<const std::string_view> reserved_option_names();

/// The commands of the command line: no module's command can have their names.
std::span<const std::string_view> builtin_command_names();

}  // namespace stint
