/// Describe one argument of a task by name.
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include "stint/json.hpp"

namespace stint {

/// What JSON an argument takes.
enum class ArgumentType {
  kAny,
  kBoolean,
  kInteger,
  kNumber,
  kString,
  kBytes,
  kTime,      ///< RFC 3339 text
  kDay,       ///< "2026-11-21"
  kDuration,  ///< "90s", or a number of seconds
  kArray,
  kObject,
};

/// Name a type as specifications do: "integer".
std::string_view to_string(ArgumentType type);
/// Find the type of a name; nothing for a name that is none.
std::optional<ArgumentType> parse_argument_type(std::string_view name);

/// One argument: what `arg` collects and the task's handler completes with its C++ type.
struct ArgumentSpec {
  std::string name;
  std::string help = {};
  ArgumentType type = ArgumentType::kAny;
  ArgumentType element = ArgumentType::kAny;  ///< of a kArray
  std::optional<json> default_value = {};
  std::vector<json> choices = {};
  bool required = true;          ///< false: may be left out; with no default it then stays absent
  bool nullable = false;         ///< takes null
  bool required_stated = false;  ///< `.required()` was called
  char short_flag = '\0';
  /// Of a kInteger, and of the kInteger elements of a kArray.
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  /// Throws if the handler's C++ type does not take the value. Set by the task's declaration.
  std::function<void(const json&)> convert = {};
  // Rules of later versions: stated, and refused at start until they are built.
  bool is_date = false;
  bool is_moment = false;
  bool is_write_all = false;
};

/// Collect the details of an argument: `arg("number").help("what to write").one_of(1, 2, 3) = 2`.
/// Arguments of a quick task are matched with the handler's parameters by position; those of a
/// typed task with the fields of its struct by name.
class arg {  // NOLINT(readability-identifier-naming): reads as a keyword in a declaration
 public:
  explicit arg(std::string_view name) { spec_.name = name; }

  arg& help(std::string_view text) {
    spec_.help = text;
    return *this;
  }
  /// Allow only these values.
  template <typename... Values>
  arg& one_of(Values&&... values) {
    (spec_.choices.push_back(json(std::forward<Values>(values))), ...);
    return *this;
  }
  /// Let the argument be left out; the handler then sees null, an empty std::optional or T{}.
  arg& optional() {
    spec_.required = false;
    return *this;
  }
  /// Make a field of a typed task required; arguments of quick tasks without a default are.
  arg& required() {
    spec_.required = true;
    spec_.required_stated = true;
    return *this;
  }
  /// Add a one-letter option for `stint run`: `short_flag('n')` makes -n.
  arg& short_flag(char letter) {
    spec_.short_flag = letter;
    return *this;
  }
  /// Resolve date expressions such as "today-1d" at enqueue. Not built yet: refused at start.
  arg& date() {
    spec_.is_date = true;
    return *this;
  }
  /// Resolve moment expressions when the attempt starts. Not built yet: refused at start.
  arg& moment() {
    spec_.is_moment = true;
    return *this;
  }
  /// Let "ALL" stand for one job for each choice. Not built yet: refused at start.
  arg& write_all() {
    spec_.is_write_all = true;
    return *this;
  }
  /// Give the default.
  template <typename Value>
    requires(!std::same_as<std::remove_cvref_t<Value>, arg>)
  arg& operator=(Value&& value) {
    spec_.default_value = json(std::forward<Value>(value));
    spec_.required = false;
    return *this;
  }

  const ArgumentSpec& spec() const { return spec_; }

 private:
  ArgumentSpec spec_;
};

}  // namespace stint
