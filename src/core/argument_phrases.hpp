/// How messages and help speak of arguments.
#pragma once
#include <string>
#include <string_view>
#include "stint/arg.hpp"

namespace stint {

/// Show a value in a message: as JSON, and not all of a long one.
std::string shown_value(const json& value);

/// Say what a value of the type is: "a date such as ...".
std::string_view type_phrase(ArgumentType type);

}  // namespace stint
