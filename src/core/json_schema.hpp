/// Arguments and results in the words of JSON Schema.
#pragma once
#include <span>
#include <vector>
#include "stint/arg.hpp"

namespace stint {

/// Describe one value: {"type": "string", "format": "date", ...}.
json value_schema(const ArgumentSpec& spec);

/// Describe an object with these members and no others.
json object_schema(std::span<const ArgumentSpec> specs);

/// Describe an output: an object, or the value of a single spec without a name.
json output_schema(std::span<const ArgumentSpec> returns);

/// Read what `output_schema` wrote. What is unknown is taken as any value. Throws a json exception.
std::vector<ArgumentSpec> read_output_schema(const json& schema);

}  // namespace stint
