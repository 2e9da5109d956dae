/// Declare tasks, commands, settings, contexts and hooks.
#pragma once
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>
#include "stint/arg.hpp"
#include "stint/detail/handler.hpp"
#include "stint/detail/module_note.hpp"
#include "stint/enqueue.hpp"
#include "stint/hooks.hpp"
#include "stint/liveness.hpp"
#include "stint/lock_backend.hpp"
#include "stint/metrics.hpp"
#include "stint/module_definition.hpp"
#include "stint/setting.hpp"
#include "stint/settings.hpp"
#include "stint/task.hpp"

namespace stint {

struct CommandSpec;

/// How many objects of a context type a process makes.
enum class ContextScope {
  kPerProcess,  ///< one, shared by all slots: it must be thread-safe
  kPerThread,   ///< one for each slot's thread
};
inline constexpr ContextScope per_process = ContextScope::kPerProcess;
inline constexpr ContextScope per_thread = ContextScope::kPerThread;

/// The options of a command.
struct CommandOptions {
  std::string doc = {};  ///< one sentence for the help
};

namespace detail {

/// A declared task or command, checked and completed when the program starts.
struct TaskDeclaration {
  std::string name;  ///< "module.task"; of a command the bare name
  std::string module;
  std::vector<ArgumentSpec> args = {};
  std::size_t described_args = 0;  ///< how many `arg`s were given
  std::size_t parameters = 0;      ///< how many argument parameters a quick handler has
  bool is_typed = false;
  bool is_command = false;
  bool returns_value = false;
  /// What its output is: the fields of an object, or one without a name. Empty: anything.
  std::vector<ArgumentSpec> returns = {};
  /// Whether the handler's C++ type assures that.
  bool returns_for_sure = false;
  TaskOptions options = {};
  Handler handler = {};
  /// Of a task that the settings declare: the program to execute in place of a handler.
  std::shared_ptr<const CommandSpec> program = {};
  std::vector<std::type_index> contexts = {};
  /// Convert the whole object to the struct and back: shows what the fields' C++ types make of the
  /// values. Throws if it does not convert. Only of typed tasks.
  std::function<json(const json&)> convert_all = {};
  std::vector<std::string> problems = {};
};

/// A declared context type.
struct ContextDeclaration {
  std::type_index type;
  ContextScope scope;
  std::function<std::shared_ptr<void>(const Settings&)> make;
};

/// A declared backend of the user's own: one of the three makes it.
struct BackendDeclaration {
  std::string name;
  std::function<std::unique_ptr<LockBackend>(const BackendOptions&)> make_lock = {};
  std::function<std::unique_ptr<LivenessBackend>(const BackendOptions&)> make_liveness = {};
  std::function<std::unique_ptr<MetricsSink>(const BackendOptions&)> make_metrics = {};
};

/// Match the `arg`s of a typed task with its fields by name.
void merge_fields(TaskDeclaration& task, const std::vector<arg>& args);

}  // namespace detail

/// Collect what a module declares. Mistakes are kept and reported all at once when the program
/// starts. Handlers are called by several slots at once: state that they keep must be thread-safe.
class Module {
 public:
  explicit Module(std::string_view name) : name_(name) {}

  const std::string& name() const { return name_; }

  /// Declare a quick task: any callable, its parameters matched by position with `args`.
  template <typename F>
  void task(std::string_view name, F handler, const std::vector<arg>& args = {},
            const TaskOptions& options = {}) {
    add(quick(name, std::move(handler), args, options));
  }

  /// Declare a typed task; `args` adds details to fields by name.
  template <typename Args, typename Result, typename F>
  void task(const Task<Args, Result>& task, F handler, const std::vector<arg>& args = {},
            const TaskOptions& options = {}) {
    using Shape = detail::CallableShape<F>;
    detail::TaskDeclaration declaration{.name = std::string{task.name()}, .module = name_};
    declaration.is_typed = true;
    using Returned = typename Shape::Traits::Result;
    declaration.returns_value = !std::is_void_v<Returned>;
    declaration.returns = detail::describe_result<Result>();
    declaration.returns_for_sure = std::same_as<std::remove_cvref_t<Returned>, Result>;
    declaration.options = options;
    declaration.args = detail::describe_fields(json(Args{}));
    detail::merge_fields(declaration, args);
    declaration.contexts = Shape::contexts();
    declaration.convert_all = [](const json& all) { return json(all.get<Args>()); };
    declaration.handler = detail::make_typed_handler<Args>(std::move(handler));
    add(std::move(declaration));
  }

  /// Declare a command: `PROGRAM NAME [--ARG VALUE...]` runs it in this process, outside the queue.
  /// An int that it returns is the exit code.
  template <typename F>
  void command(std::string_view name, F handler, const std::vector<arg>& args = {},
               const CommandOptions& options = {}) {
    detail::TaskDeclaration declaration =
        quick(name, std::move(handler), args, TaskOptions{.doc = options.doc});
    declaration.is_command = true;
    add(std::move(declaration));
  }

  /// Declare a key of the user's own in the settings; checked when the program starts.
  template <typename T>
  Setting& setting(std::string_view key) {
    return settings_.emplace_back(Setting::of<T>(key));
  }

  /// Let handlers take `T&`. The object is made from the settings at the first use.
  template <typename T>
  void context(ContextScope scope = per_process) {
    contexts_.push_back({typeid(T), scope, [](const Settings& settings) {
                           if constexpr (std::is_constructible_v<T, const Settings&>) {
                             return std::static_pointer_cast<void>(std::make_shared<T>(settings));
                           } else {
                             return std::static_pointer_cast<void>(std::make_shared<T>());
                           }
                         }});
  }

  /// Wrap every execution of every task of the program, whichever module declares it: `hook` takes
  /// a stint::Next, which it calls exactly once, and in any place `Job&` and what else a handler
  /// may take beside arguments. Hooks are called in the order of the modules, the first one
  /// outermost, where the task runs, on its thread and inside its transaction, once the arguments
  /// are checked. Commands of modules are not wrapped.
  ///
  /// What the task throws passes through the hook, which may throw something else in its place; one
  /// that is caught and not thrown again is thrown on by the library. A hook that returns without
  /// having called `next`, or calls it twice, fails the attempt.
  template <typename F>
  void around(F hook) {
    std::vector<std::type_index> contexts = detail::HookShape<F, Next>::contexts();
    around_.push_back({name_, detail::make_around_hook(std::move(hook)), std::move(contexts)});
  }

  /// Hear of every failed attempt of every task of the program: `hook` takes a `const
  /// FailedAttempt&`, and what else a handler may take beside arguments and Job&. It is called once
  /// the store has the failure, in the worker's process, on a thread that all these hooks share,
  /// one call after the other; by `run` at the end of each run. Best effort: not for attempts that
  /// a worker took along as it died, and not for what waits while 1000 calls do. What it throws is
  /// logged and changes nothing.
  template <typename F>
  void on_failed(F hook) {
    std::vector<std::type_index> contexts = detail::HookShape<F, FailedAttempt>::contexts();
    failed_.push_back({name_, detail::make_failed_hook(std::move(hook)), std::move(contexts)});
  }

  /// Declare a backend of the user's own: `factory` takes `const BackendOptions&` and returns a
  /// std::unique_ptr of a class that implements LockBackend, LivenessBackend or MetricsSink. It is
  /// chosen by `backend = "NAME"` in `[one_instance]`, `[liveness]` or `[metrics]`; declare the
  /// keys of its table by `setting`. One name may be declared once for each role.
  template <typename Factory>
  void backend(std::string_view name, Factory factory) {
    using Made = typename std::invoke_result_t<Factory&, const BackendOptions&>::element_type;
    constexpr int kRoles = int{std::is_base_of_v<LockBackend, Made>} +
                           int{std::is_base_of_v<LivenessBackend, Made>} +
                           int{std::is_base_of_v<MetricsSink, Made>};
    static_assert(kRoles == 1,
                  "a backend implements one of LockBackend, LivenessBackend, MetricsSink");
    detail::BackendDeclaration declaration{.name = std::string{name}};
    if constexpr (std::is_base_of_v<LockBackend, Made>) {
      declaration.make_lock = std::move(factory);
    } else if constexpr (std::is_base_of_v<LivenessBackend, Made>) {
      declaration.make_liveness = std::move(factory);
    } else {
      declaration.make_metrics = std::move(factory);
    }
    backends_.push_back(std::move(declaration));
  }

  const std::vector<detail::BackendDeclaration>& backends() const { return backends_; }
  const std::vector<detail::TaskDeclaration>& tasks() const { return tasks_; }
  const std::vector<detail::ContextDeclaration>& contexts() const { return contexts_; }
  const std::deque<Setting>& settings() const { return settings_; }
  const std::vector<detail::AroundDeclaration>& around_hooks() const { return around_; }
  const std::vector<detail::FailedDeclaration>& failed_hooks() const { return failed_; }

 private:
  template <typename F>
  detail::TaskDeclaration quick(std::string_view name, F handler, const std::vector<arg>& args,
                                const TaskOptions& options) {
    using Shape = detail::CallableShape<F>;
    detail::TaskDeclaration declaration{.name = std::string{name}, .module = name_};
    declaration.described_args = args.size();
    declaration.parameters = Shape::kArguments;
    using Returned = std::remove_cvref_t<typename Shape::Traits::Result>;
    declaration.returns_value = !std::is_void_v<Returned>;
    declaration.returns = detail::describe_result<Returned>();
    declaration.returns_for_sure = declaration.returns_value;
    declaration.options = options;
    declaration.args = detail::describe_parameters<F>(args);
    declaration.contexts = Shape::contexts();
    std::vector<std::string> names;
    names.reserve(declaration.args.size());
    for (const ArgumentSpec& spec : declaration.args) names.push_back(spec.name);
    declaration.handler = detail::make_quick_handler(std::move(handler), std::move(names));
    return declaration;
  }

  void add(detail::TaskDeclaration declaration);

  std::string name_;
  std::vector<detail::TaskDeclaration> tasks_;
  std::vector<detail::ContextDeclaration> contexts_;
  std::vector<detail::BackendDeclaration> backends_;
  std::vector<detail::AroundDeclaration> around_;
  std::vector<detail::FailedDeclaration> failed_;
  std::deque<Setting> settings_;  // references stay valid while more are declared
};

namespace detail {
/// What a module's code and the library both look into.
inline constexpr std::uint32_t kModuleLayout =
    layout_of<Module, TaskDeclaration, ContextDeclaration, BackendDeclaration, ArgumentSpec, arg,
              AroundDeclaration, FailedDeclaration, FailedAttempt, TaskOptions, CommandOptions,
              EnqueueOptions, Setting, Settings, json, Error>();
}  // namespace detail

}  // namespace stint
