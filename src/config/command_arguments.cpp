#include "config/command_arguments.hpp"
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/nearest.hpp"
#include "config/checked_table.hpp"
#include "config/setting_value.hpp"
#include "core/date_arguments.hpp"
#include "core/stated_type.hpp"

namespace stint {
namespace {

// Bytes are not among them: a program cannot be given a NUL.
constexpr std::array kCommandTypes = {
    ArgumentType::kString,    ArgumentType::kInteger,  ArgumentType::kNumber,
    ArgumentType::kBoolean,   ArgumentType::kDay,      ArgumentType::kTime,
    ArgumentType::kTimeOfDay, ArgumentType::kDuration, ArgumentType::kArray,
    ArgumentType::kObject,    ArgumentType::kAny};

SettingSpec argument_key(std::string_view key, SettingType type) {
  return {.key = std::string{key}, .type = type};
}

const std::vector<SettingSpec>& argument_keys() {
  static const std::vector<SettingSpec> keys = {argument_key("type", SettingType::kString),
                                                argument_key("element", SettingType::kString),
                                                argument_key("required", SettingType::kBoolean),
                                                argument_key("default", SettingType::kString),
                                                argument_key("choices", SettingType::kList),
                                                argument_key("minimum", SettingType::kNumber),
                                                argument_key("maximum", SettingType::kNumber),
                                                argument_key("zone", SettingType::kString),
                                                argument_key("help", SettingType::kString)};
  return keys;
}

/// Take one value as it is, whatever its type; false if the table is to refuse it.
bool take_value(const std::string& key, const SettingNode& value, ArgumentSpec& spec) {
  if (key == "default") {
    spec.default_value = value.to_json();
  } else if (key == "choices" && value.value.is_array()) {
    spec.choices = value.value.get<std::vector<json>>();
  } else if (key == "minimum" && value.value.is_number()) {
    spec.lowest = value.value;
  } else if (key == "maximum" && value.value.is_number()) {
    spec.highest = value.value;
  } else {
    return false;
  }
  return true;
}

std::vector<std::string> type_words() {
  std::vector<std::string> words;
  for (const ArgumentType type : kCommandTypes) words.emplace_back(stated_name(type));
  return words;
}

/// What stands behind `is "..."` for a word that is no type.
std::string way_out_of(const std::string& word) {
  // The words of specifications, which have their own.
  if (word == "day") return "; write \"date\"";
  if (word == "time_of_day") return "; write \"time\"";
  if (word == "bytes") {
    return "; no program can be given any bytes: let the argument be the name of a file, a string";
  }
  const std::vector<std::string> words = type_words();
  return fmt::format("{}; write one of {}", did_you_mean(word, words), fmt::join(words, ", "));
}

std::optional<ArgumentType> read_type_word(const CheckedTable& table, std::string_view key) {
  if (!table.has(key)) return std::nullopt;
  const auto& word = table.value(key).get_ref<const std::string&>();
  const auto* const type = std::ranges::find(kCommandTypes, word, stated_name);
  if (type != kCommandTypes.end()) return *type;
  table.problem(key,
                fmt::format("is {}{}", shown_value(table.value(key), false), way_out_of(word)));
  return std::nullopt;
}

bool is_moment(const json& value) {
  if (value.is_array()) return std::ranges::any_of(value, is_moment);
  return value.is_string() && date_problem(ArgumentType::kTime, value).empty();
}

/// `time` is a time of day; in the first versions it was what is a moment now.
void check_meaning(const CheckedTable& table, const ArgumentSpec& spec) {
  const ArgumentType type = spec.type == ArgumentType::kArray ? spec.element : spec.type;
  if (type != ArgumentType::kTimeOfDay) return;
  const bool means_moments = (spec.default_value && is_moment(*spec.default_value)) ||
                             std::ranges::any_of(spec.choices, is_moment);
  if (!means_moments) return;
  table.problem(spec.type == ArgumentType::kArray ? "element" : "type",
                "is \"time\", a time of day such as \"07:30\"; a point in time is a \"moment\"");
}

void read_types(const CheckedTable& table, ArgumentSpec& spec) {
  table.read("zone", spec.zone);
  const std::optional<ArgumentType> type = read_type_word(table, "type");
  const std::optional<ArgumentType> element = read_type_word(table, "element");
  if (table.was_given("type") && !type) {
    // Whatever else it says was meant for the type that is not known.
    spec = {.name = spec.name};
    return;
  }
  spec.type = type.value_or(ArgumentType::kString);
  spec.element = element.value_or(ArgumentType::kAny);
  if (table.was_given("element") && spec.type != ArgumentType::kArray) {
    table.problem("element", "is for lists alone");
  }
  check_meaning(table, spec);
}

}  // namespace

ArgumentSpec read_command_argument(const std::string& title, const std::string& name,
                                   const SettingNode& node, std::vector<std::string>& problems) {
  ArgumentSpec spec{.name = name};
  SettingNode plain = node;
  std::erase_if(plain.children,
                [&](const auto& child) { return take_value(child.first, child.second, spec); });
  const CheckedTable table{title, plain, argument_keys(), problems};
  read_types(table, spec);
  spec.required = !spec.default_value;
  if (table.has("required")) {
    spec.required = table.value("required").get<bool>();
    spec.required_stated = spec.required;
  }
  table.read("help", spec.help);
  return spec;
}

}  // namespace stint
