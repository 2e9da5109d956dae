/// The lines of a job's log that stand around the answer to one look at its stacks.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace stint {

/// The first and the last line of an answer.
std::string begin_of_stacks(int look);
std::string end_of_stacks(int look);

/// Read the look's number off such a line; nothing if it is none.
std::optional<int> parse_begin_of_stacks(std::string_view line);
std::optional<int> parse_end_of_stacks(std::string_view line);

}  // namespace stint
