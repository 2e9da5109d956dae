#include "cli/argument_options.hpp"
#include <fmt/format.h>
#include "cli/help.hpp"
#include "core/arguments.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

std::string typed(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_binary()) return fmt::format("{} bytes", value.get_binary().size());
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string upper_case(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string value_name(const ArgumentSpec& spec) {
  switch (spec.type == ArgumentType::kArray ? spec.element : spec.type) {
    case ArgumentType::kInteger:
      return "N";
    case ArgumentType::kNumber:
      return "NUMBER";
    case ArgumentType::kTime:
      return "MOMENT";
    case ArgumentType::kDay:
      return "DATE";
    case ArgumentType::kTimeOfDay:
      return "HH:MM";
    case ArgumentType::kDuration:
      return "DURATION";
    case ArgumentType::kObject:
      return "JSON";
    case ArgumentType::kBoolean:
      return "true|false";
    case ArgumentType::kString:
      return "TEXT";
    case ArgumentType::kBytes:
    case ArgumentType::kAny:
    case ArgumentType::kArray:
      return "VALUE";
  }
  return "VALUE";
}

}  // namespace

std::string argument_help(const ArgumentSpec& spec) {
  std::string result = spec.help;
  if (!spec.choices.empty()) {
    std::string choices;
    for (const json& choice : spec.choices) {
      choices += fmt::format("{}{}", choices.empty() ? "" : ", ", typed(choice));
    }
    result += fmt::format("{}one of {}", result.empty() ? "" : "; ", choices);
  }
  const auto add = [&result](std::string_view text) {
    result += fmt::format("{}{}", result.empty() ? "" : "; ", text);
  };
  const ArgumentType type = spec.type == ArgumentType::kArray ? spec.element : spec.type;
  if (!spec.lowest.is_null()) add(fmt::format("at least {}", typed(spec.lowest)));
  if (!spec.highest.is_null()) add(fmt::format("at most {}", typed(spec.highest)));
  if (type == ArgumentType::kDay) add("2026-11-21, or date math: today-1d, now-1M/M");
  if (type == ArgumentType::kTime) add("2026-11-21T12:00:00Z, or date math: now-1h, now/d");
  if (!spec.zone.empty()) add(spec.zone);
  if (spec.required) result += result.empty() ? "(required)" : " (required)";
  return result;
}

std::string argument_default(const ArgumentSpec& spec) {
  return spec.default_value ? typed(*spec.default_value) : std::string{};
}

HelpSection described_words(std::string_view task, std::span<const ArgumentSpec> specs) {
  HelpSection section{.title = fmt::format("Arguments of {}", task), .rows = {}};
  for (const ArgumentSpec& spec : specs) {
    const bool is_list = spec.type == ArgumentType::kArray;
    const ArgumentType type = is_list ? spec.element : spec.type;
    std::string title = fmt::format("{}={}", spec.name, value_name(spec));
    if (type == ArgumentType::kObject) title = fmt::format("{}:=JSON", spec.name);
    if (type == ArgumentType::kBytes) title = fmt::format("{}=@FILE", spec.name);
    section.rows.emplace_back(std::move(title), option_text({.names = {},
                                                             .help = argument_help(spec),
                                                             .default_text = argument_default(spec),
                                                             .repeats = is_list}));
  }
  if (specs.empty()) section.rows.emplace_back("(none)", "the task takes no arguments");
  return section;
}

void ArgumentOptions::declare(OptionTable& options) {
  for (const ArgumentSpec& spec : specs_) {
    Option option{.names = {normal_option_name("--" + spec.name)},
                  .help = argument_help(spec),
                  .default_text = argument_default(spec),
                  .repeats = spec.type == ArgumentType::kArray,
                  .set = [this, &spec](std::string_view text) { take(spec, text); }};
    if (spec.short_flag != '\0') option.names.push_back(fmt::format("-{}", spec.short_flag));
    if (spec.type == ArgumentType::kBoolean) {
      option.is_negatable = true;
    } else {
      option.value = value_name(spec);
    }
    for (const json& choice : spec.choices) option.suggestions.push_back(typed(choice));
    options.add(std::move(option));
  }
}

void ArgumentOptions::declare_positional(OptionTable& options, const ArgumentSpec& spec) {
  options.add_positional({.name = upper_case(spec.name),
                          .help = spec.help,
                          .is_required = false,
                          .repeats = spec.type == ArgumentType::kArray,
                          .set = [this, &spec](std::string_view text) { take(spec, text); }});
}

void ArgumentOptions::take(const ArgumentSpec& spec, std::string_view text) {
  json value = argument_from_text(spec, text);
  if (spec.type == ArgumentType::kArray) {
    given_[spec.name].push_back(std::move(value));
    return;
  }
  if (given_.contains(spec.name)) {
    throw Error{ErrorCode::kUsage, fmt::format("\"{}\" is given twice", spec.name)};
  }
  given_[spec.name] = std::move(value);
}

}  // namespace stint::cli
