#include "core/registry.hpp"
#include <algorithm>
#include <array>
#include <utility>
#include <fmt/format.h>
#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "core/declaration_check.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using Problems = std::vector<std::string>;
using TaskMap = std::map<std::string, detail::TaskDeclaration, std::less<>>;

constexpr std::array<std::string_view, 22> kReservedOptions = {
    "color",
    "disable-one-instance",
    "help",
    "json",
    "keep-lock",
    "lock-name",
    "log-level",
    "module",
    "no-color",
    "no-json",
    "no-run-once",
    "quiet",
    "release-on-error",
    "run-interval",
    "run-once",
    "settings",
    "sleep-interval",
    "store",
    "timestamps",
    "verbose",
    "version",
    "wait",
};

constexpr std::array<std::string_view, 19> kBuiltinCommands = {
    "bench",   "check-liveness", "completion", "db",   "doctor",  "domain", "enqueue",
    "explain", "help",           "job",        "lock", "monitor", "node",   "resource",
    "run",     "schedule",       "settings",   "task", "worker",
};

std::string title(const detail::TaskDeclaration& task) {
  return fmt::format("module \"{}\", {} \"{}\": ", task.module,
                     task.is_command ? "command" : "task", sanitize_text(task.name));
}

const detail::TaskDeclaration* find(const TaskMap& map, std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

// Run one module's declarations. What it throws is a mistake like any other.
Module declared(const ModuleDefinition& definition, Problems& problems) {
  Module module{definition.name()};
  try {
    definition.declare(module);
  } catch (const std::exception& error) {
    problems.push_back(fmt::format("module \"{}\": its declaration threw: {}", definition.name(),
                                   sanitize_text(error.what())));
  }
  return module;
}

// Contexts of one type may be declared by several modules, if they agree on how many there are.
std::vector<detail::ContextDeclaration> merge_contexts(const std::vector<Module>& modules,
                                                       Problems& problems) {
  std::vector<detail::ContextDeclaration> result;
  for (const Module& module : modules) {
    for (const detail::ContextDeclaration& context : module.contexts()) {
      const auto other = std::ranges::find(result, context.type, &detail::ContextDeclaration::type);
      if (other == result.end()) {
        result.push_back(context);
      } else if (other->scope != context.scope) {
        problems.push_back(fmt::format(
            "module \"{}\": a context is declared per process by one module and per thread by "
            "another: choose one",
            module.name()));
      }
    }
  }
  return result;
}

std::vector<SettingSpec> merge_settings(const std::vector<Module>& modules, Problems& problems) {
  std::vector<SettingSpec> result;
  for (const Module& module : modules) {
    for (const Setting& setting : module.settings()) {
      if (std::ranges::find(result, setting.spec().key, &SettingSpec::key) != result.end()) {
        problems.push_back(fmt::format("module \"{}\": the setting \"{}\" is declared twice",
                                       module.name(), sanitize_text(setting.spec().key)));
      } else {
        result.push_back(setting.spec());
      }
    }
  }
  return result;
}

bool has_one_role(const detail::BackendDeclaration& a, const detail::BackendDeclaration& b) {
  return (a.make_lock && b.make_lock) || (a.make_liveness && b.make_liveness) ||
         (a.make_metrics && b.make_metrics);
}

std::vector<detail::BackendDeclaration> merge_backends(const std::vector<Module>& modules,
                                                       Problems& problems) {
  std::vector<detail::BackendDeclaration> result;
  for (const Module& module : modules) {
    for (const detail::BackendDeclaration& backend : module.backends()) {
      const bool is_known = std::ranges::any_of(result, [&](const auto& other) {
        return other.name == backend.name && has_one_role(other, backend);
      });
      if (is_known) {
        problems.push_back(fmt::format("module \"{}\": the backend \"{}\" is declared twice",
                                       module.name(), sanitize_text(backend.name)));
      } else {
        result.push_back(backend);
      }
    }
  }
  return result;
}

/// Collect the hooks of one kind, in the order of the modules.
template <typename Hook>
std::vector<Hook> merge_hooks(const std::vector<Module>& modules,
                              const std::vector<Hook>& (Module::*hooks)() const,
                              std::string_view kind, const std::set<std::type_index>& contexts,
                              Problems& problems) {
  std::vector<Hook> result;
  for (const Module& module : modules) {
    for (const Hook& hook : (module.*hooks)()) {
      for (const std::type_index type : hook.contexts) {
        if (contexts.contains(type)) continue;
        problems.push_back(fmt::format("module \"{}\", a hook of {}: {}", module.name(), kind,
                                       missing_context(type)));
      }
      result.push_back(hook);
    }
  }
  return result;
}

}  // namespace

std::shared_ptr<const Registry> Registry::build(std::span<const ModuleDefinition> modules,
                                                Problems& problems,
                                                std::span<const CommandTask> commands) {
  const auto registry = std::make_shared<Registry>();
  std::vector<Module> all;
  for (const ModuleDefinition& definition : modules) {
    if (!registry->modules_.emplace(definition.name()).second) {
      problems.push_back(
          fmt::format("module \"{}\" is given twice", sanitize_text(definition.name())));
    } else {
      all.push_back(declared(definition, problems));
    }
  }
  registry->contexts_ = merge_contexts(all, problems);
  registry->settings_ = merge_settings(all, problems);
  registry->backends_ = merge_backends(all, problems);
  std::set<std::type_index> types;
  for (const detail::ContextDeclaration& context : registry->contexts_) types.insert(context.type);
  registry->around_ = merge_hooks(all, &Module::around_hooks, "around", types, problems);
  registry->failed_ = merge_hooks(all, &Module::failed_hooks, "on_failed", types, problems);
  for (const Module& module : all) {
    for (detail::TaskDeclaration task : module.tasks()) {
      for (const std::string& problem : check_declaration(task, types)) {
        problems.push_back(title(task) + problem);
      }
      TaskMap& map = task.is_command ? registry->commands_ : registry->tasks_;
      std::string name = task.name;
      std::string prefix = title(task);
      if (!map.try_emplace(std::move(name), std::move(task)).second) {
        problems.push_back(prefix + "another one has this name");
      }
    }
  }
  for (const CommandTask& command : commands) {
    const auto [other, is_new] = registry->tasks_.try_emplace(command.task.name, command.task);
    if (is_new) continue;
    problems.push_back(
        fmt::format("{}: tasks.\"{}\": module \"{}\" has a task of this name; choose another",
                    command.source, command.task.name, other->second.module));
  }
  return registry;
}

const detail::TaskDeclaration* Registry::find_task(std::string_view name) const {
  return find(tasks_, name);
}

const detail::TaskDeclaration* Registry::find_command(std::string_view name) const {
  return find(commands_, name);
}

const detail::TaskDeclaration* Registry::find_task_to_enqueue(std::string_view name) const {
  const detail::TaskDeclaration* const task = find_task(name);
  if (task != nullptr || !modules_.contains(name.substr(0, name.find('.')))) return task;
  throw Error{ErrorCode::kNotFound, fmt::format("there is no task \"{}\"{}", sanitize_text(name),
                                                did_you_mean(name, task_names()))};
}

std::vector<std::string> Registry::task_names() const {
  std::vector<std::string> names;
  names.reserve(tasks_.size());
  for (const auto& [name, task] : tasks_) names.push_back(name);
  return names;
}

std::span<const std::string_view> reserved_option_names() { return kReservedOptions; }

std::span<const std::string_view> builtin_command_names() { return kBuiltinCommands; }

}  // namespace stint
