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
  kTime,      ///< a moment: RFC 3339 text, or date math such as "now-1h"
  kDay,       ///< a date: "2026-11-21", or date math such as "today-1d"
  kDuration,  ///< "90s", or a number of seconds
  kArray,
  kObject,
  kTimeOfDay,  ///< "07:30" or "07:30:15"
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
  /// What `.minimum()` and `.maximum()` said: numbers; null: nothing.
  json lowest = nullptr;
  json highest = nullptr;
  /// What `.integer()` and its like said, of a list about its elements. Compared with `type` when
  /// the program starts.
  std::optional<ArgumentType> stated = {};
  std::string zone = {};  ///< of dates and moments: an IANA name; empty: the task's
  /// Throws if the handler's C++ type does not take the value. Set by the task's declaration.
  std::function<void(const json&)> convert = {};
  // A rule of later versions: stated, and refused at start until it is built.
  bool is_write_all = false;
};

/// Collect the details of an argument: `arg("number").help("what to write").one_of(1, 2, 3) = 2`.
/// Arguments of a quick task are matched with the handler's parameters by position; those of a
/// typed task with the fields of its struct by name. The type follows from the C++ type; where that
/// is json or text it is stated: `arg("day").date()`. A type that the C++ type does not take is
/// reported when the program starts. Of a parameter that is a list it is the type of its elements.
class arg {  // NOLINT(readability-identifier-naming): reads as a keyword in a declaration
 public:
  explicit arg(std::string_view name) { spec_.name = name; }
  /// Without a name: a result that is no object but one plain value, `.returns =
  /// {arg().integer()}`.
  arg() = default;

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
  arg& integer() { return type(ArgumentType::kInteger); }
  arg& number() { return type(ArgumentType::kNumber); }
  arg& string() { return type(ArgumentType::kString); }
  arg& boolean() { return type(ArgumentType::kBoolean); }
  /// Take a file's bytes: see `Bytes`.
  arg& bytes() { return type(ArgumentType::kBytes); }
  /// Take a duration: "90s", or a number of seconds.
  arg& duration() { return type(ArgumentType::kDuration); }
  /// Take a time of day: "07:30", "07:30:15".
  arg& time() { return type(ArgumentType::kTimeOfDay); }
  /// Take a date: "2026-11-21", or date math such as "today-1d", which is resolved once, when the
  /// job is enqueued, against the time at which it is due. The handler sees "2026-11-21".
  arg& date() { return type(ArgumentType::kDay); }
  /// Take a point in time: RFC 3339, or date math such as "now-1h", which is resolved when the
  /// attempt starts. The handler sees RFC 3339 text in UTC, or the time_point.
  arg& moment() { return type(ArgumentType::kTime); }
  /// Have days begin where this zone's do: "Europe/Berlin". Of dates and moments; the task's zone
  /// unless stated.
  arg& zone(std::string_view name) {
    spec_.zone = name;
    return *this;
  }
  /// Bound an integer or a number from below and above, both included.
  template <typename Number>
    requires std::integral<Number> || std::floating_point<Number>
  arg& minimum(Number value) {
    spec_.lowest = value;
    return *this;
  }
  template <typename Number>
    requires std::integral<Number> || std::floating_point<Number>
  arg& maximum(Number value) {
    spec_.highest = value;
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
  arg& type(ArgumentType stated) {
    spec_.stated = stated;
    return *this;
  }

  ArgumentSpec spec_;
};

}  // namespace stint
