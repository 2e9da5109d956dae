/// Name tasks and state their options.
#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include "stint/arg.hpp"
#include "stint/json.hpp"

namespace stint {

/// Name a task and its types once, shared by who enqueues and who works:
/// `inline constexpr stint::Task<Resize, Thumbnail> resize{"images.resize"};`. The fields of `Args`
/// are the arguments, their initialisers the defaults. Both types need conversions to and from JSON
/// (NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT); `Result` may be void.
template <typename Args, typename Result = void>
class Task {
 public:
  using ArgsType = Args;
  using ResultType = Result;

  /// `name` is "module.task" and must outlive the object (a literal).
  constexpr explicit Task(std::string_view name) : name_(name) {}
  constexpr std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

/// When and how often a failed attempt is tried again.
struct RetryOptions {
  /// Attempts that may fail before the job does; 1 to 1000. Unset: `[defaults] max_attempts`,
  /// then 1.
  std::optional<int> max_attempts = {};
  /// The pause after the first failure; it doubles with each further one.
  std::chrono::milliseconds backoff = std::chrono::seconds{10};
  /// The longest pause.
  std::chrono::milliseconds max_backoff = std::chrono::hours{1};
  /// A pause is drawn from +- this share of itself; 0 to 1.
  double jitter = 0.2;
};

/// Where the code of a job runs.
enum class Isolation : std::uint8_t {
  kThread,   ///< on a thread of the worker
  kProcess,  ///< in a child process of the worker, which can be ended whatever it does
};

/// Stand for the value of the job's own argument of the same name in a dependency's arguments.
struct Same {
  char operation = '\0';  ///< '+', '-', '*', '/'; '\0': the value itself
  double operand = 0;

  friend constexpr Same operator+(Same, double by) { return {'+', by}; }
  friend constexpr Same operator-(Same, double by) { return {'-', by}; }
  friend constexpr Same operator*(Same, double by) { return {'*', by}; }
  friend constexpr Same operator/(Same, double by) { return {'/', by}; }
};
inline constexpr Same same{};

/// One argument of a dependency: its name, and a value or `same`.
struct DependencyArgument {
  DependencyArgument(std::string_view argument, Same from) : name(argument), same(from) {}
  template <typename Value>
    requires(!std::same_as<std::remove_cvref_t<Value>, Same>)
  DependencyArgument(std::string_view argument, Value&& from)
      : name(argument), value(std::forward<Value>(from)) {}

  std::string name;
  json value = nullptr;
  std::optional<Same> same = {};
};

/// Require that another task finished within a window. Not built yet: refused at start.
struct Dependency {
  std::string task = {};
  std::chrono::seconds within = std::chrono::hours{24 * 30};
  std::vector<DependencyArgument> args = {};
};

/// State how a task is run. Every member may be left out. What is marked "not built yet" is refused
/// when the program starts, never ignored.
struct TaskOptions {
  std::string doc = {};                  ///< one sentence for the help
  std::string domain = "default";        ///< which workers may run it: 1 to 63 of [a-zA-Z0-9_.-]
  std::string node = {};                 ///< the only machine that may run it; empty: any
  int priority = 0;                      ///< -32768 to 32767; the higher runs first
  std::chrono::milliseconds timeout{0};  ///< of one attempt; 0: `[defaults] timeout`, then none
  RetryOptions retry = {};
  bool at_most_once =
      false;               ///< never run again once an attempt may have begun and its worker died
  bool exclusive = false;  ///< stopped as soon as the worker's lease is lost
  /// Its own writes and its completion are one transaction of the store's database: see
  /// `Job::transaction`. Needs a PostgreSQL store; never claimed ahead.
  bool transaction = false;
  /// Where it runs at least: `worker run --isolation process` isolates every task.
  Isolation isolation = Isolation::kThread;
  // A task with one of these limits runs in a process, whatever `isolation` says.
  std::int64_t max_memory = 0;  ///< bytes of data, and resident with all its children; 0: no limit
  std::chrono::milliseconds max_cpu{0};  ///< processor time, rounded up to seconds; 0: no limit
  int max_descriptors = 0;               ///< open at once; 0: no limit
  bool no_new_privileges = false;        ///< no program that it starts gains rights by setuid
  std::optional<int> umask = {};         ///< 0 to 0777
  std::string working_directory = {};    ///< empty: the worker's
  /// The only variables of the worker's environment that it sees; unset: all.
  std::optional<std::vector<std::string>> environment = {};
  /// Where the days of its dates and moments begin: an IANA name such as "Europe/Berlin"; empty:
  /// UTC.
  std::string zone = {};
  /// The fields of the object that it returns, or one `arg()` without a name: a plain value.
  /// Checked when it returns; an output that does not match fails the job. Empty: as its C++ type
  /// says.
  std::vector<arg> returns = {};
  int process_units = 1;                    ///< not built yet
  int max_running = 0;                      ///< not built yet
  std::vector<Dependency> depends_on = {};  ///< not built yet
  std::vector<std::string> inputs = {};     ///< not built yet
  std::vector<std::string> outputs = {};    ///< not built yet
};

}  // namespace stint
