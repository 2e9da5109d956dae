/// What a task says of its output, and whether an output is so.
#pragma once
#include <string>
#include <vector>
#include "stint/module.hpp"

namespace stint {

/// Join what `.returns` states with what the C++ type of the result says: completes `task.returns`.
/// Adds a phrase for each mistake.
void check_returns(detail::TaskDeclaration& task, std::vector<std::string>& problems);

/// Find what is wrong with an output: nothing, or a phrase that names the field. Whole floats for
/// integers, and text for bytes, are converted in place. A task that says nothing returns anything.
std::string output_problem(const detail::TaskDeclaration& task, json& output);

/// Tell whether the output of a task is one plain value rather than an object of fields.
bool returns_plain_value(const std::vector<ArgumentSpec>& returns);

}  // namespace stint
