#include "core/declaration_check.hpp"
#include <cxxabi.h>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>
#include <fmt/format.h>
#include "base/characters.hpp"
#include "base/time_zone.hpp"
#include "base/utf8.hpp"
#include "core/arguments.hpp"
#include "core/date_arguments.hpp"
#include "core/payload.hpp"
#include "core/registry.hpp"
#include "core/result_check.hpp"
#include "core/stated_type.hpp"

namespace stint {
namespace {

using Problems = std::vector<std::string>;

bool is_argument_name(std::string_view name) {
  constexpr std::size_t kLongest = 100;
  const auto fits = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kLongest && (is_letter(name[0]) || name[0] == '_') &&
         std::ranges::all_of(name, fits);
}

// The name of its option, without the leading dashes.
std::string option_name(std::string name) {
  std::ranges::replace(name, '_', '-');
  return name;
}

bool converts_unchanged(const detail::TaskDeclaration& task, const json& defaults,
                        const std::string& name, const json& value) {
  json probe = defaults;
  probe[name] = value;
  try {
    const json back = task.convert_all(probe);
    return back.is_object() && back.contains(name) && back.at(name) == value;
  } catch (const std::exception&) {
    return false;
  }
}

// Find by trial which JSON a field takes whose default (null, an empty list) does not tell.
ArgumentType probed_type(const detail::TaskDeclaration& task, const json& defaults,
                         const std::string& name, bool is_list) {
  const std::pair<json, ArgumentType> trials[] = {
      {"text", ArgumentType::kString},
      {0.5, ArgumentType::kNumber},
      {7, ArgumentType::kInteger},
      {true, ArgumentType::kBoolean},
      {json::binary({0x00, 0xff}), ArgumentType::kBytes},
  };
  ArgumentType found = ArgumentType::kAny;
  for (const auto& [value, type] : trials) {
    const json tried = is_list ? json::array({value}) : value;
    if (!converts_unchanged(task, defaults, name, tried)) continue;
    const bool is_number_too = found == ArgumentType::kNumber && type == ArgumentType::kInteger;
    if (found != ArgumentType::kAny && !is_number_too) return ArgumentType::kAny;  // takes several
    if (!is_number_too) found = type;
  }
  return found;
}

void complete_typed(detail::TaskDeclaration& task) {
  json defaults = json::object();
  for (const ArgumentSpec& field : task.args) {
    if (field.default_value) defaults[field.name] = *field.default_value;
  }
  for (ArgumentSpec& field : task.args) {
    if (field.type == ArgumentType::kArray) {
      field.element = probed_type(task, defaults, field.name, true);
    } else if (field.type == ArgumentType::kAny) {
      field.type = probed_type(task, defaults, field.name, false);
    }
  }
}

void check_later_versions(const ArgumentSpec& spec, Problems& problems) {
  const auto refuse = [&](bool is_used, std::string_view rule) {
    if (!is_used) return;
    problems.push_back(fmt::format("argument \"{}\": {} is not available in this version of Stint",
                                   spec.name, rule));
  };
  refuse(spec.is_write_all, "write_all()");
}

// A value in a declaration: of the right type, one of the choices, and fit to be stored.
void check_value(const ArgumentSpec& spec, json& value, std::string_view kind, Problems& problems) {
  std::string problem = value_problem(spec, value);
  if (problem.empty()) {
    try {
      static_cast<void>(pack_payload(value, PayloadLimits{}, kind));
      return;
    } catch (const Error& error) {
      problem = error.what();
    }
  }
  problems.push_back(fmt::format("argument \"{}\": the {} {}", spec.name, kind, problem));
}

void check_values(ArgumentSpec& spec, Problems& problems) {
  std::vector<json> choices = std::exchange(spec.choices, {});
  // The choices of a list are those of its elements.
  ArgumentSpec one = spec;
  if (spec.type == ArgumentType::kArray) {
    one.type = spec.element;
    one.convert = {};
  }
  for (json& choice : choices) {
    check_value(one, choice, "choice", problems);
    if (!is_open(one, choice)) continue;
    problems.push_back(
        fmt::format("argument \"{}\": a choice must be a plain date or time, not \"{}\"", spec.name,
                    choice.get<std::string>()));
  }
  spec.choices = std::move(choices);
  if (spec.default_value) check_value(spec, *spec.default_value, "default", problems);
  if (spec.required_stated && spec.default_value) {
    problems.push_back(fmt::format(
        "argument \"{}\" is required and has a default: leave one of them out", spec.name));
  }
}

void check_zone(std::string_view zone, std::string_view whose, Problems& problems) {
  if (TimeZone::find(zone) != nullptr) return;
  problems.push_back(
      fmt::format("{}: \"{}\" is no time zone of this machine's tz data: give an IANA name such as "
                  "\"Europe/Berlin\", or install the tz data (on Debian the package tzdata)",
                  whose, sanitize_text(zone)));
}

void check_zone(const ArgumentSpec& spec, Problems& problems) {
  if (spec.zone.empty()) return;
  const ArgumentType type = spec.type == ArgumentType::kArray ? spec.element : spec.type;
  if (type != ArgumentType::kDay && type != ArgumentType::kTime) {
    problems.push_back(fmt::format("argument \"{}\": zone() is for dates and moments", spec.name));
    return;
  }
  check_zone(spec.zone, fmt::format("argument \"{}\": zone", spec.name), problems);
}

void check_argument_name(const ArgumentSpec& spec, Problems& problems) {
  if (!is_argument_name(spec.name)) {
    problems.push_back(fmt::format(
        "argument \"{}\": a name is 1 to 100 letters, digits, _ and -, a letter or _ first",
        sanitize_text(spec.name)));
    return;
  }
  const std::string option = option_name(spec.name);
  if (std::ranges::find(reserved_option_names(), option) != reserved_option_names().end()) {
    problems.push_back(fmt::format(
        "argument \"{}\" has the name of the option --{}: choose another name", spec.name, option));
  }
  if (!is_valid_utf8(spec.help) || has_nul(spec.help)) {
    problems.push_back(fmt::format("argument \"{}\": help must be UTF-8 without NUL", spec.name));
  }
}

// Two arguments may not need the same option, short or long.
void check_options_apart(const detail::TaskDeclaration& task, Problems& problems) {
  std::map<std::string, std::string> options;
  const auto claim = [&](const std::string& option, const std::string& name) {
    const auto [other, is_new] = options.try_emplace(option, name);
    if (is_new) return;
    problems.push_back(fmt::format("arguments \"{}\" and \"{}\" both need the option {}",
                                   other->second, name, option));
  };
  for (const ArgumentSpec& spec : task.args) {
    const std::string option = option_name(spec.name);
    claim("--" + option, spec.name);
    if (spec.type == ArgumentType::kBoolean) claim("--no-" + option, spec.name);
    if (spec.short_flag == '\0') continue;
    const char letter = spec.short_flag;
    if (!is_letter(letter)) {
      problems.push_back(fmt::format("argument \"{}\": a short flag is one letter", spec.name));
    } else if (letter == 's' || letter == 'h') {
      problems.push_back(fmt::format("argument \"{}\": -{} is taken by --{}: choose another letter",
                                     spec.name, letter, letter == 's' ? "settings" : "help"));
    } else {
      claim(std::string{'-', letter}, spec.name);
    }
  }
}

void check_name(const detail::TaskDeclaration& task, Problems& problems) {
  if (task.is_command) {
    const bool fits = !task.name.empty() && is_letter(task.name[0]) && is_argument_name(task.name);
    if (!fits) {
      problems.emplace_back("a command's name is letters, digits, _ and -, a letter first");
    } else if (std::ranges::find(builtin_command_names(), task.name) !=
               builtin_command_names().end()) {
      problems.emplace_back("this command is part of Stint: choose another name");
    }
    return;
  }
  if (!is_task_name(task.name)) {
    problems.push_back(fmt::format("a task's name is {}", kTaskNameForm));
  } else if (!task.name.starts_with(task.module + '.')) {
    problems.push_back(fmt::format("a task of this module is named \"{}.NAME\"", task.module));
  }
}

}  // namespace

Problems check_declaration(detail::TaskDeclaration& task,
                           const std::set<std::type_index>& contexts) {
  Problems problems = std::move(task.problems);
  check_name(task, problems);
  if (task.described_args != task.parameters) {
    problems.push_back(fmt::format("it has {} arg(...) for {} parameters of its function",
                                   task.described_args, task.parameters));
    return problems;  // names and types do not match from here on
  }
  if (task.convert_all) complete_typed(task);
  for (ArgumentSpec& spec : task.args) {
    check_argument_name(spec, problems);
    check_later_versions(spec, problems);
    take_stated_type(task, spec, problems);
    check_zone(spec, problems);
    check_values(spec, problems);
  }
  check_options_apart(task, problems);
  check_options(task.options, problems);
  check_zone(task.options.zone, "zone", problems);
  check_returns(task, problems);
  for (const std::type_index type : task.contexts) {
    if (contexts.contains(type)) continue;
    problems.push_back(missing_context(type));
  }
  return problems;
}

std::string missing_context(std::type_index type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text{
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
  const std::string name = status == 0 ? text.get() : type.name();
  return fmt::format("it takes {}&, which no module declares: add m.context<{}>()", name, name);
}

}  // namespace stint
