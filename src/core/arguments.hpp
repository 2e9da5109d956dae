/// Check a job's arguments against its task, and turn text from a command line into them.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "stint/arg.hpp"
#include "stint/json.hpp"

namespace stint {

/// Return `args` with defaults filled in. Throws Error kInvalid naming every problem at once: no object,
/// unknown names (with the nearest), missing ones, wrong types, integers out of range, values that are no
/// choice, what the C++ type does not take. `task` is for the message.
json checked_arguments(std::string_view task, std::span<const ArgumentSpec> specs, json args);

/// Read the specs back from a task's stored specification (see `specification`): for programs that do not
/// have the task's code. Types, choices and defaults are checked; C++ conversions are not.
std::vector<ArgumentSpec> argument_specs(const json& specification);

/// Convert one text of a command line to the JSON that the spec wants ("400" -> 400, "true", "a,b" is no
/// list: lists repeat). Throws Error kInvalid.
json argument_from_text(const ArgumentSpec& spec, std::string_view text);

/// Parse JSON text strictly: valid UTF-8, no NUL (as \u0000 either), depth <= 64, no duplicate keys, no number
/// out of range. Throws Error kInvalid naming `what`, the line and the column.
json parse_json(std::string_view text, std::string_view what);

}  // namespace stint
