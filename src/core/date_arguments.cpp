#include "core/date_arguments.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "base/time_format.hpp"
#include "core/argument_phrases.hpp"
#include "core/arguments.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using Time = std::chrono::system_clock::time_point;

ArgumentType date_type(const ArgumentSpec& spec) {
  return spec.type == ArgumentType::kArray ? spec.element : spec.type;
}

bool is_open_text(const json& value) {
  return value.is_string() && is_date_math(value.get_ref<const std::string&>());
}

/// Call with each text of an argument: of itself, or of each element.
template <typename Json, typename Call>
void for_each_text(Json& value, const Call& call) {
  if (value.is_string()) {
    call(value);
  } else if (value.is_array()) {
    for (auto& element : value) {
      if (element.is_string()) call(element);
    }
  }
}

[[noreturn]] void fail(const detail::TaskDeclaration& task, const ArgumentSpec& spec,
                       std::string_view why) {
  throw Error{ErrorCode::kInvalid,
              fmt::format("task \"{}\": argument \"{}\": {}", task.name, spec.name, why)};
}

const TimeZone& zone_of(const detail::TaskDeclaration& task, const ArgumentSpec& spec) {
  const std::string& name = spec.zone.empty() ? task.options.zone : spec.zone;
  if (const TimeZone* const zone = TimeZone::find(name)) return *zone;
  throw Error{ErrorCode::kConfiguration,
              fmt::format("task \"{}\": argument \"{}\": this machine has no time zone \"{}\": "
                          "install its tz data (on Debian the package tzdata)",
                          task.name, spec.name, name)};
}

DateMoment resolved(const detail::TaskDeclaration& task, const ArgumentSpec& spec,
                    const std::string& text, Time against) {
  const ParsedDateMath parsed = parse_date_math(text);
  if (!parsed.expression) fail(task, spec, parsed.problem);
  const auto result =
      evaluate(*parsed.expression, std::chrono::floor<std::chrono::microseconds>(against),
               zone_of(task, spec));
  if (!result) {
    fail(task, spec, fmt::format("\"{}\" leads out of the years 1678 to 2261", text));
  }
  return *result;
}

template <typename Json, typename Call>
void for_each_moment(const detail::TaskDeclaration& task, Json& args, const Call& call) {
  for (const ArgumentSpec& spec : task.args) {
    if (date_type(spec) != ArgumentType::kTime) continue;
    const auto found = args.find(spec.name);
    if (found == args.end()) continue;
    for_each_text(*found, [&](auto& value) { call(spec, value); });
  }
}

}  // namespace

std::string date_problem(ArgumentType type, const json& value) {
  const std::string_view example = type == ArgumentType::kDay
                                       ? "a date such as \"2026-11-21\" or \"today-1d\""
                                       : "a moment such as \"2026-11-21T12:00:00Z\" or \"now-1h\"";
  const auto plain = [&] { return fmt::format("must be {}, not {}", example, shown_value(value)); };
  if (!value.is_string()) return plain();
  const auto& text = value.get_ref<const std::string&>();
  constexpr std::size_t kDayLength = 10;
  const bool may_be_plain = type == ArgumentType::kTime || text.size() == kDayLength;
  if (may_be_plain && parse_time(text)) return {};
  const bool begins_with_letter =
      !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
  if (!is_date_math(text) && !begins_with_letter) return plain();
  return parse_date_math(text).problem;
}

bool is_open(const ArgumentSpec& spec, const json& value) {
  const ArgumentType type = date_type(spec);
  if (type != ArgumentType::kDay && type != ArgumentType::kTime) return false;
  return value.is_array() ? std::ranges::any_of(value, is_open_text) : is_open_text(value);
}

bool takes_dates(const detail::TaskDeclaration& task) {
  return std::ranges::any_of(
      task.args, [](const ArgumentSpec& spec) { return date_type(spec) == ArgumentType::kDay; });
}

bool has_open_dates(const detail::TaskDeclaration& task, const json& args) {
  return std::ranges::any_of(task.args, [&](const ArgumentSpec& spec) {
    if (date_type(spec) != ArgumentType::kDay || !args.is_object()) return false;
    const auto found = args.find(spec.name);
    if (found != args.end()) return is_open(spec, *found);
    return spec.default_value && is_open(spec, *spec.default_value);
  });
}

void resolve_dates(const detail::TaskDeclaration& task, json& args, Time due) {
  for (const ArgumentSpec& spec : task.args) {
    if (date_type(spec) != ArgumentType::kDay) continue;
    if (!args.contains(spec.name) && spec.default_value) args[spec.name] = *spec.default_value;
    const auto found = args.find(spec.name);
    if (found == args.end() || !is_open(spec, *found)) continue;
    for_each_text(*found, [&](json& value) {
      const std::string text = value.get<std::string>();
      if (!is_date_math(text)) return;
      value = local_day(resolved(task, spec, text, due), zone_of(task, spec));
    });
    if (const std::string problem = value_problem(spec, *found); !problem.empty()) {
      fail(task, spec, problem);
    }
  }
}

void resolve_moments(const detail::TaskDeclaration& task, json& args, Time start) {
  for_each_moment(task, args, [&](const ArgumentSpec& spec, json& value) {
    const std::string text = value.get<std::string>();
    value = format_time(resolved(task, spec, text, start), TimeDigits::kShortest);
  });
}

void check_moments(const detail::TaskDeclaration& task, const json& args, Time start) {
  for_each_moment(task, args, [&](const ArgumentSpec& spec, const json& value) {
    static_cast<void>(resolved(task, spec, value.get_ref<const std::string&>(), start));
  });
}

void check_dates(const detail::TaskDeclaration& task, const json& args, Time now) {
  check_moments(task, args, now);
  if (!has_open_dates(task, args)) return;
  json copy = args;
  resolve_dates(task, copy, now);
}

void resolve_stored_dates(const detail::TaskDeclaration& task, std::string& args,
                          const std::function<Time()>& due) {
  if (!takes_dates(task)) return;
  json all = json::parse(args, nullptr, /*allow_exceptions=*/false);
  if (!has_open_dates(task, all)) return;
  try {
    resolve_dates(task, all, due());
    args = all.dump();
  } catch (const Error& error) {
    if (error.retryable()) throw;
  }
}

json with_sample_dates(const detail::TaskDeclaration& task, json args) {
  for (const ArgumentSpec& spec : task.args) {
    const auto found = args.find(spec.name);
    if (found == args.end() || !is_open(spec, *found)) continue;
    const bool is_day = date_type(spec) == ArgumentType::kDay;
    for_each_text(*found, [&](json& value) {
      if (is_open_text(value)) value = is_day ? "2026-11-21" : "2026-11-21T12:00:00Z";
    });
  }
  return args;
}

}  // namespace stint
