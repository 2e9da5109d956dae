/// Join what `arg("n").integer()` and its like say of an argument with its C++ type.
#pragma once
#include <string>
#include <vector>
#include "stint/module.hpp"

namespace stint {

/// Give `spec` the type and the bounds that were stated for it. Adds a phrase to `problems` where
/// the C++ type of the handler of `task` does not take such values, and for bounds that make no
/// sense. A typed task's other fields must have their defaults already.
void take_stated_type(const detail::TaskDeclaration& task, ArgumentSpec& spec,
                      std::vector<std::string>& problems);

/// The same for a field of a task's result, which nothing converts.
void take_stated_type(ArgumentSpec& spec, std::vector<std::string>& problems);

/// The word for a type in an `arg` and in what people read: "date", "moment", "time".
std::string_view stated_name(ArgumentType type);

}  // namespace stint
