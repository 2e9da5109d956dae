/// Check a job's arguments against its task, and turn text from a command line into them.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "stint/arg.hpp"
#include "stint/json.hpp"

namespace stint {

namespace detail {
struct TaskDeclaration;
}

/// Return `args` with defaults filled in; null is taken as no arguments. Throws Error kInvalid
/// naming every problem at once: no object, unknown names (with the nearest), missing ones, wrong
/// types, integers out of range, values that are no choice, what the C++ type does not take. `task`
/// is for the message. A whole float (`400.0`) for an integer becomes one. Checking a result again
/// changes nothing.
json checked_arguments(std::string_view task, std::span<const ArgumentSpec> specs, json args);

/// The same for a declared task; of a typed one the whole object must also convert to its struct.
json checked_arguments(const detail::TaskDeclaration& task, json args);

/// Throw Error kInvalid naming every problem with `of_what` (`its arguments`), unless there is
/// none.
void throw_problems(std::string_view task, std::string_view of_what,
                    const std::vector<std::string>& problems);

/// Find what is wrong with one value: nothing, or a phrase such as `5 is none of 100, 400, 800`. A
/// whole float for an integer is converted in place.
std::string value_problem(const ArgumentSpec& spec, json& value);

/// Convert one text of a command line to the JSON that the spec wants: "400" -> 400 for an integer,
/// "true" for a boolean, any text for a string, for bytes, and where any JSON is taken (a choice,
/// if it is the text of one). Of a list it is one element: options for lists repeat. Objects are
/// read as JSON. Throws Error kInvalid.
json argument_from_text(const ArgumentSpec& spec, std::string_view text);

/// Parse JSON text strictly: valid UTF-8, no NUL (as \u0000 either), depth <= 64, no duplicate
/// keys, no number out of range. Throws Error kInvalid naming `what`, the line and the column.
json parse_json(std::string_view text, std::string_view what);

}  // namespace stint
