#include "core/result_check.hpp"
#include <algorithm>
#include <set>
#include <utility>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "core/argument_phrases.hpp"
#include "core/arguments.hpp"
#include "core/stated_type.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using Problems = std::vector<std::string>;

std::vector<std::string> names_of(const std::vector<ArgumentSpec>& fields) {
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const ArgumentSpec& field : fields) names.push_back(field.name);
  return names;
}

std::string title_of(const ArgumentSpec& field) {
  return field.name.empty() ? std::string{"returns"}
                            : fmt::format("returns \"{}\"", sanitize_text(field.name));
}

// Whether a field as the C++ type has it can hold what is stated of it.
bool agrees(const ArgumentSpec& own, const ArgumentSpec& stated) {
  if (own.type == stated.type || stated.type == ArgumentType::kAny) return true;
  if (own.type == ArgumentType::kAny || own.type == ArgumentType::kNumber) {
    return own.type == ArgumentType::kAny || stated.type == ArgumentType::kInteger;
  }
  return own.type == ArgumentType::kString &&
         (stated.type == ArgumentType::kDay || stated.type == ArgumentType::kTime ||
          stated.type == ArgumentType::kTimeOfDay || stated.type == ArgumentType::kDuration);
}

// Dates of an output are plain: nobody resolves them.
std::string date_output_problem(const ArgumentSpec& field, const json& value) {
  try {
    if (field.type == ArgumentType::kDay) detail::parse_day(value);
    if (field.type == ArgumentType::kTime) detail::parse_time(value);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

std::string field_problem(const ArgumentSpec& field, json& value) {
  if (value.is_null() && field.nullable) return {};
  std::string problem = date_output_problem(field, value);
  return problem.empty() ? value_problem(field, value) : problem;
}

void check_stated(const detail::TaskDeclaration& task, std::vector<ArgumentSpec>& stated,
                  Problems& problems) {
  std::set<std::string> seen;
  for (ArgumentSpec& field : stated) {
    const std::string title = title_of(field);
    if (field.name.empty() && stated.size() > 1) {
      problems.emplace_back("returns: an arg() without a name, a plain value, stands alone");
    }
    if (!seen.insert(field.name).second) problems.push_back(title + " is described twice");
    const auto found = std::ranges::find(task.returns, field.name, &ArgumentSpec::name);
    if (found != task.returns.end() && !field.stated) {  // only details are stated
      field.type = found->type;
      field.element = found->element;
      field.nullable = found->nullable;
      field.minimum = found->minimum;
      field.maximum = found->maximum;
    }
    Problems own;
    take_stated_type(field, own);
    for (const std::string& problem : own) problems.push_back("returns: " + problem);
    if (field.default_value || field.short_flag != '\0' || field.is_write_all ||
        !field.zone.empty()) {
      problems.push_back(title + ": a result has no default, short flag, zone or write_all()");
    }
    std::vector<json> choices = std::exchange(field.choices, {});
    for (json& choice : choices) {
      const std::string problem = field_problem(field, choice);
      if (!problem.empty()) problems.push_back(fmt::format("{}: the choice {}", title, problem));
    }
    field.choices = std::move(choices);
    if (task.returns.empty()) continue;
    if (found == task.returns.end()) {
      const std::vector<std::string> names = names_of(task.returns);
      problems.push_back(fmt::format("{}: the C++ type of the result has no such field{}", title,
                                     did_you_mean(field.name, names)));
    } else if (!agrees(*found, field)) {
      problems.push_back(fmt::format("{}: .{}() does not fit its C++ type, which gives {}", title,
                                     stated_name(field.type), stated_name(found->type)));
    }
  }
}

}  // namespace

bool returns_plain_value(const std::vector<ArgumentSpec>& returns) {
  return returns.size() == 1 && returns.front().name.empty();
}

void check_returns(detail::TaskDeclaration& task, Problems& problems) {
  if (task.options.returns.empty()) return;
  std::vector<ArgumentSpec> stated;
  stated.reserve(task.options.returns.size());
  for (const arg& one : task.options.returns) stated.push_back(one.spec());
  check_stated(task, stated, problems);
  // Fields that are not stated stay as the C++ type has them.
  for (const ArgumentSpec& own : task.returns) {
    const auto found = std::ranges::find(stated, own.name, &ArgumentSpec::name);
    if (found == stated.end()) stated.push_back(own);
  }
  task.returns = std::move(stated);
  task.returns_for_sure = false;
}

std::string output_problem(const detail::TaskDeclaration& task, json& output) {
  if (task.returns.empty() || task.returns_for_sure) return {};
  if (returns_plain_value(task.returns)) {
    const std::string problem = field_problem(task.returns.front(), output);
    return problem.empty() ? problem : "the output " + problem;
  }
  if (!output.is_object()) {
    return fmt::format("the output must be an object with {}, not {}",
                       fmt::join(names_of(task.returns), ", "), shown_value(output));
  }
  for (const ArgumentSpec& field : task.returns) {
    const auto found = output.find(field.name);
    if (found == output.end()) {
      if (!field.required) continue;
      return fmt::format("the field \"{}\" of the output is missing: it must be {}", field.name,
                         type_phrase(field.type));
    }
    const std::string problem = field_problem(field, *found);
    if (!problem.empty()) {
      return fmt::format("the field \"{}\" of the output: {}", field.name, problem);
    }
  }
  if (task.options.returns.empty()) return {};  // a C++ type takes no notice of other fields
  const std::vector<std::string> names = names_of(task.returns);
  for (const auto& [name, value] : output.items()) {
    if (std::ranges::find(names, name) != names.end()) continue;
    return fmt::format("the output has a field \"{}\"{} that its task does not declare: it has {}",
                       sanitize_text(name), did_you_mean(name, names), fmt::join(names, ", "));
  }
  return {};
}

}  // namespace stint
