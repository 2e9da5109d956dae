#include "core/arguments.hpp"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "core/argument_phrases.hpp"
#include "core/date_arguments.hpp"
#include "stint/error.hpp"
#include "stint/module.hpp"

namespace stint {
namespace {

std::string shown_list(std::span<const json> values) {
  std::vector<std::string> texts;
  for (const json& value : values) texts.push_back(shown_value(value));
  return fmt::format("{}", fmt::join(texts, ", "));
}

// What the exception says, without the code that the JSON library puts before it.
std::string cause_of(const std::exception& error) {
  const std::string_view text = error.what();
  const std::size_t end = text.find("] ");
  if (text.starts_with("[json.exception") && end != std::string_view::npos) {
    return sanitize_text(text.substr(end + 2));
  }
  return sanitize_text(text);
}

// 400.0 is taken for 400: some languages write every number with a point.
void make_whole(json& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: up to here doubles hold each integer
  if (!value.is_number_float()) return;
  const double number = value.get<double>();
  if (std::abs(number) <= kExact && std::trunc(number) == number) {
    value = static_cast<std::int64_t>(number);
  }
}

template <typename Parse>
bool parses(Parse parse, const json& value) {
  try {
    static_cast<void>(parse(value));
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool has_type(ArgumentType type, const json& value) {
  switch (type) {
    case ArgumentType::kAny:
      return true;
    case ArgumentType::kBoolean:
      return value.is_boolean();
    case ArgumentType::kInteger:
      return value.is_number_integer();
    case ArgumentType::kNumber:
      return value.is_number() && std::isfinite(value.get<double>());
    case ArgumentType::kString:
      return value.is_string();
    case ArgumentType::kBytes:
      return value.is_binary() || value.is_string();
    case ArgumentType::kTime:
    case ArgumentType::kDay:
      return value.is_string();  // `date_problem` says more
    case ArgumentType::kDuration:
      return parses(detail::parse_duration, value);
    case ArgumentType::kArray:
      return value.is_array();
    case ArgumentType::kObject:
      return value.is_object();
    case ArgumentType::kTimeOfDay:
      return parses(detail::parse_time_of_day, value);
  }
  return false;
}

bool integer_in_range(const ArgumentSpec& spec, const json& value) {
  const bool beyond =
      value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>());
  if (beyond) return false;
  const auto number = value.get<std::int64_t>();
  return number >= spec.minimum && number <= spec.maximum;
}

// Check one value against a type, and convert what may be written in two ways to the one that is
// kept.
std::string type_problem(ArgumentType type, const ArgumentSpec& spec, json& value) {
  if (type == ArgumentType::kInteger) make_whole(value);
  if (type == ArgumentType::kTime || type == ArgumentType::kDay) return date_problem(type, value);
  if (!has_type(type, value)) {
    return fmt::format("must be {}, not {}", type_phrase(type), shown_value(value));
  }
  if (type == ArgumentType::kInteger && !integer_in_range(spec, value)) {
    return fmt::format("{} is out of range: {} to {}", shown_value(value), spec.minimum,
                       spec.maximum);
  }
  if (type == ArgumentType::kNumber) {
    if (spec.lowest.is_number() && value < spec.lowest) {
      return fmt::format("{} is less than {}", shown_value(value), shown_value(spec.lowest));
    }
    if (spec.highest.is_number() && value > spec.highest) {
      return fmt::format("{} is more than {}", shown_value(value), shown_value(spec.highest));
    }
  }
  if (type == ArgumentType::kBytes && value.is_string()) value = json(value.get<Bytes>());
  return {};
}

std::string element_problem(const ArgumentSpec& spec, json& list) {
  std::size_t index = 0;
  for (json& element : list) {
    const std::string problem = type_problem(spec.element, spec, element);
    if (!problem.empty()) return fmt::format("element {}: {}", index, problem);
    ++index;
  }
  return {};
}

bool takes_null(const ArgumentSpec& spec) {
  return spec.nullable || spec.type == ArgumentType::kAny ||
         (!spec.required && !spec.default_value);
}

std::vector<std::string> names_of(std::span<const ArgumentSpec> specs) {
  std::vector<std::string> names;
  for (const ArgumentSpec& spec : specs) names.push_back(spec.name);
  return names;
}

void add_unknown(std::span<const ArgumentSpec> specs, const json& args,
                 std::vector<std::string>& problems) {
  const std::vector<std::string> names = names_of(specs);
  for (const auto& [key, value] : args.items()) {
    if (std::ranges::find(names, key) != names.end()) continue;
    const std::string hint = did_you_mean(key, names);
    std::string known = "the task takes no arguments";
    if (!names.empty()) known = fmt::format("the task takes {}", fmt::join(names, ", "));
    problems.push_back(
        fmt::format("there is no argument \"{}\"{}: {}", sanitize_text(key), hint, known));
  }
}

void check_each(std::span<const ArgumentSpec> specs, json& args,
                std::vector<std::string>& problems) {
  for (const ArgumentSpec& spec : specs) {
    const auto found = args.find(spec.name);
    if (found != args.end()) {
      const std::string problem = value_problem(spec, *found);
      if (!problem.empty()) {
        problems.push_back(fmt::format("argument \"{}\": {}", spec.name, problem));
      }
    } else if (spec.default_value) {
      args[spec.name] = *spec.default_value;
    } else if (spec.required) {
      problems.push_back(fmt::format("argument \"{}\" is missing: it must be {}", spec.name,
                                     type_phrase(spec.type)));
    }
  }
}

// Convert the object to the struct and back. An integer that the field's type cuts off comes back
// changed.
void check_conversion(const detail::TaskDeclaration& task, const json& args) {
  std::vector<std::string> problems;
  try {
    const json back = task.convert_all(args);
    for (const ArgumentSpec& spec : task.args) {
      if (spec.type != ArgumentType::kInteger || !args.contains(spec.name)) continue;
      const json& given = args.at(spec.name);
      if (back.is_object() && back.contains(spec.name) && back.at(spec.name) != given) {
        problems.push_back(fmt::format("argument \"{}\": {} does not fit the field's type",
                                       spec.name, shown_value(given)));
      }
    }
  } catch (const std::exception& error) {
    problems.push_back(fmt::format("the arguments do not convert: {}", cause_of(error)));
  }
  throw_problems(task.name, "its arguments", problems);
}

}  // namespace

void throw_problems(std::string_view task, std::string_view of_what,
                    const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string message = fmt::format("task \"{}\": ", sanitize_text(task));
  if (problems.size() == 1) throw Error{ErrorCode::kInvalid, message + problems.front()};
  message += fmt::format("{} problems with {}", problems.size(), of_what);
  for (const std::string& problem : problems) message += "\n  " + problem;
  throw Error{ErrorCode::kInvalid, message};
}

std::string shown_value(const json& value) {
  constexpr std::size_t kLongest = 60;
  if (value.is_binary()) return fmt::format("{} bytes", value.get_binary().size());
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= kLongest) return text;
  text.resize(kLongest);
  text.resize(valid_utf8_length(text));
  return text + "...";
}

std::string_view type_phrase(ArgumentType type) {
  switch (type) {
    case ArgumentType::kAny:
      return "any JSON value";
    case ArgumentType::kBoolean:
      return "true or false";
    case ArgumentType::kInteger:
      return "an integer";
    case ArgumentType::kNumber:
      return "a number";
    case ArgumentType::kString:
      return "a string";
    case ArgumentType::kBytes:
      return "bytes or a string";
    case ArgumentType::kTime:
      return "a moment such as \"2026-11-21T12:00:00Z\" or \"now-1h\"";
    case ArgumentType::kDay:
      return "a date such as \"2026-11-21\" or \"today-1d\"";
    case ArgumentType::kDuration:
      return "a duration such as \"90s\" or a number of seconds";
    case ArgumentType::kArray:
      return "a list";
    case ArgumentType::kObject:
      return "an object";
    case ArgumentType::kTimeOfDay:
      return "a time of day such as \"07:30\" or \"07:30:15\"";
  }
  return "something else";
}

std::string value_problem(const ArgumentSpec& spec, json& value) {
  if (value.is_null() && takes_null(spec)) return {};
  std::string problem = type_problem(spec.type, spec, value);
  if (problem.empty() && spec.type == ArgumentType::kArray) problem = element_problem(spec, value);
  if (!problem.empty()) return problem;
  if (is_open(spec, value)) return {};  // what it comes to is looked at when it is resolved
  const auto is_choice = [&spec](const json& one) {
    return std::ranges::find(spec.choices, one) != spec.choices.end();
  };
  if (!spec.choices.empty()) {
    // The choices of a list are those of its elements.
    const bool fits = spec.type == ArgumentType::kArray ? std::ranges::all_of(value, is_choice)
                                                        : is_choice(value);
    if (!fits) {
      return fmt::format("{} is none of {}", shown_value(value), shown_list(spec.choices));
    }
  }
  if (!spec.convert) return {};
  try {
    spec.convert(value);
  } catch (const std::exception& error) {
    return fmt::format("{} does not convert: {}", shown_value(value), cause_of(error));
  }
  return {};
}

json checked_arguments(std::string_view task, std::span<const ArgumentSpec> specs, json args) {
  if (args.is_null()) args = json::object();
  std::vector<std::string> problems;
  if (args.is_object()) {
    add_unknown(specs, args, problems);
    check_each(specs, args, problems);
  } else {
    problems.push_back(fmt::format("the arguments must be an object, not {}", shown_value(args)));
  }
  throw_problems(task, "its arguments", problems);
  return args;
}

json checked_arguments(const detail::TaskDeclaration& task, json args) {
  json result = checked_arguments(task.name, task.args, std::move(args));
  if (task.convert_all) check_conversion(task, with_sample_dates(task, result));
  return result;
}

}  // namespace stint
