#include "stint/module.hpp"
#include <algorithm>
#include <fmt/format.h>
#include "base/nearest.hpp"

namespace stint {
namespace detail {

ArgumentType argument_type_of(const json& value) {
  switch (value.type()) {
    case json::value_t::boolean:
      return ArgumentType::kBoolean;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return ArgumentType::kInteger;
    case json::value_t::number_float:
      return ArgumentType::kNumber;
    case json::value_t::string:
      return ArgumentType::kString;
    case json::value_t::binary:
      return ArgumentType::kBytes;
    case json::value_t::array:
      return ArgumentType::kArray;
    case json::value_t::object:
      return ArgumentType::kObject;
    default:
      return ArgumentType::kAny;
  }
}

namespace {

// Put what an `arg` says onto the field of its name.
void merge(ArgumentSpec& field, const ArgumentSpec& details, std::vector<std::string>& problems) {
  if (details.default_value) {
    problems.push_back(
        fmt::format("argument \"{}\": the default of a typed task's field is its initialiser: "
                    "leave out the `=`",
                    details.name));
  }
  field.help = details.help;
  field.choices = details.choices;
  field.short_flag = details.short_flag;
  field.stated = details.stated;
  field.zone = details.zone;
  field.lowest = details.lowest;
  field.highest = details.highest;
  field.is_write_all = details.is_write_all;
  if (details.required_stated) {
    field.required = true;
    field.required_stated = true;
    field.default_value.reset();
  }
}

}  // namespace

std::vector<ArgumentSpec> describe_fields(const json& defaults) {
  std::vector<ArgumentSpec> fields;
  if (defaults.is_null()) return fields;  // a struct without fields
  if (!defaults.is_object()) return {ArgumentSpec{}};
  for (const auto& [name, value] : defaults.items()) {
    ArgumentSpec& field = fields.emplace_back(ArgumentSpec{.name = name});
    field.required = false;
    field.type = argument_type_of(value);
    field.nullable = value.is_null();
    if (value.is_number_unsigned()) field.minimum = 0;
    field.default_value = value;
  }
  return fields;
}

std::vector<ArgumentSpec> describe_output(const json& example) {
  std::vector<ArgumentSpec> result;
  if (example.is_null()) return result;
  if (!example.is_object()) {
    result.emplace_back().type = argument_type_of(example);
    return result;
  }
  result = describe_fields(example);
  for (ArgumentSpec& field : result) {
    field.required = true;  // what the type writes once, it writes always
    field.default_value.reset();
  }
  return result;
}

void merge_fields(TaskDeclaration& task, const std::vector<arg>& args) {
  task.described_args = args.size();
  task.parameters = args.size();
  if (task.args.size() == 1 && task.args.front().name.empty()) {
    task.problems.emplace_back("its arguments' struct must become a JSON object");
    task.args.clear();
    return;
  }
  std::vector<std::string> names;
  names.reserve(task.args.size());
  for (const ArgumentSpec& field : task.args) names.push_back(field.name);
  std::vector<std::string> seen;
  for (const arg& one : args) {
    const std::string& name = one.spec().name;
    const auto field = std::ranges::find(task.args, name, &ArgumentSpec::name);
    if (field == task.args.end()) {
      task.problems.push_back(
          fmt::format("argument \"{}\": the struct has no such field{}: it has {}", name,
                      did_you_mean(name, names), fmt::join(names, ", ")));
    } else if (std::ranges::find(seen, name) != seen.end()) {
      task.problems.push_back(fmt::format("argument \"{}\" is described twice", name));
    } else {
      merge(*field, one.spec(), task.problems);
    }
    seen.push_back(name);
  }
}

}  // namespace detail

void Module::add(detail::TaskDeclaration declaration) {
  const bool is_bare = declaration.name.find('.') == std::string::npos;
  if (is_bare && !declaration.is_command && !declaration.is_typed) {
    declaration.name = name_ + '.' + declaration.name;
  }
  tasks_.push_back(std::move(declaration));
}

}  // namespace stint
