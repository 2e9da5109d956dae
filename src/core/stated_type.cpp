#include "core/stated_type.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <fmt/format.h>
#include "base/utf8.hpp"

namespace stint {
namespace {

using Problems = std::vector<std::string>;

// What a value of the type may look like: a C++ type that takes it takes the type.
std::optional<json> sample_of(ArgumentType type) {
  switch (type) {
    case ArgumentType::kBoolean:
      return true;
    case ArgumentType::kInteger:
      return 1;
    case ArgumentType::kNumber:
      return 0.5;
    case ArgumentType::kString:
      return "text";
    case ArgumentType::kBytes:
      return json(Bytes{"bytes"});
    case ArgumentType::kTime:
      return "2026-11-21T12:00:00Z";
    case ArgumentType::kDay:
      return "2026-11-21";
    case ArgumentType::kDuration:
      return "90s";
    case ArgumentType::kTimeOfDay:
      return "07:30";
    case ArgumentType::kAny:
    case ArgumentType::kArray:
    case ArgumentType::kObject:
      break;
  }
  return std::nullopt;
}

bool is_text(ArgumentType type) {
  return type == ArgumentType::kTime || type == ArgumentType::kDay ||
         type == ArgumentType::kDuration || type == ArgumentType::kTimeOfDay;
}

// Whether what is stated says no more than the C++ type takes, as far as the kinds of JSON tell.
bool may_narrow(ArgumentType own, ArgumentType stated) {
  if (own == stated || own == ArgumentType::kAny) return true;
  if (own == ArgumentType::kNumber) return stated == ArgumentType::kInteger;
  if (own == ArgumentType::kString) return is_text(stated);
  // A day at midnight in UTC: std::chrono::sys_days.
  return own == ArgumentType::kTime && stated == ArgumentType::kDay;
}

bool converts(const detail::TaskDeclaration& task, const ArgumentSpec& spec, json sample) {
  try {
    if (spec.type == ArgumentType::kArray) sample = json::array({sample});
    if (spec.convert) spec.convert(sample);
    if (!task.convert_all) return true;
    json all = json::object();
    for (const ArgumentSpec& other : task.args) {
      if (other.default_value) all[other.name] = *other.default_value;
    }
    all[spec.name] = std::move(sample);
    task.convert_all(all);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void take_bounds(ArgumentSpec& spec, Problems& problems) {
  if (spec.lowest.is_null() && spec.highest.is_null()) return;
  const auto type = spec.type == ArgumentType::kArray ? spec.element : spec.type;
  const auto fail = [&](std::string_view why) {
    problems.push_back(fmt::format("argument \"{}\": {}", spec.name, why));
  };
  if (type != ArgumentType::kInteger && type != ArgumentType::kNumber) {
    return fail("minimum() and maximum() are for integers and numbers");
  }
  for (const json& bound : {spec.lowest, spec.highest}) {
    if (bound.is_number_float() && !std::isfinite(bound.get<double>())) {
      return fail("a bound is a finite number");
    }
    if (type == ArgumentType::kInteger && bound.is_number_float()) {
      return fail("the bounds of an integer are integers");
    }
    if (bound.is_number_unsigned() && bound > std::numeric_limits<std::int64_t>::max()) {
      return fail("a bound is at most 2^63 - 1");
    }
  }
  if (type == ArgumentType::kInteger) {
    if (!spec.lowest.is_null()) {
      spec.minimum = std::max(spec.minimum, spec.lowest.get<std::int64_t>());
    }
    if (!spec.highest.is_null()) {
      spec.maximum = std::min(spec.maximum, spec.highest.get<std::int64_t>());
    }
  }
  const bool is_empty =
      type == ArgumentType::kInteger
          ? spec.minimum > spec.maximum
          : !spec.lowest.is_null() && !spec.highest.is_null() && spec.lowest > spec.highest;
  if (is_empty) fail("no value lies between its minimum and its maximum");
}

}  // namespace

std::string_view stated_name(ArgumentType type) {
  switch (type) {
    case ArgumentType::kDay:
      return "date";
    case ArgumentType::kTime:
      return "moment";
    case ArgumentType::kTimeOfDay:
      return "time";
    default:
      return to_string(type);
  }
}

void take_stated_type(const detail::TaskDeclaration& task, ArgumentSpec& spec, Problems& problems) {
  if (spec.stated) {
    const ArgumentType stated = *spec.stated;
    const bool is_list = spec.type == ArgumentType::kArray;
    ArgumentType& type = is_list ? spec.element : spec.type;
    const std::optional<json> sample = sample_of(stated);
    if (!may_narrow(type, stated) || (sample && !converts(task, spec, *sample))) {
      problems.push_back(
          fmt::format("argument \"{}\": .{}() does not fit the C++ type of its {}, which takes {}",
                      sanitize_text(spec.name), stated_name(stated),
                      task.convert_all ? "field" : "parameter", stated_name(type)));
      return;
    }
    type = stated;
  }
  take_bounds(spec, problems);
}

void take_stated_type(ArgumentSpec& spec, Problems& problems) {
  if (spec.stated) spec.type = *spec.stated;
  take_bounds(spec, problems);
}

}  // namespace stint
