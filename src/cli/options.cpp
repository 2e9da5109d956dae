#include "cli/options.hpp"
#include <algorithm>
#include <charconv>
#include <utility>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/nearest.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr std::string_view kNegation = "--no-";

/// A lone "-" is a value (standard input), and so is a negative number.
bool looks_like_option(std::string_view word) {
  return word.size() >= 2 && word[0] == '-' && (word[1] < '0' || word[1] > '9') && word[1] != '.';
}

/// The choices that a value's name spells out: those of `running|finished`.
std::vector<std::string> choices_of(std::string_view value) {
  const auto is_of_choices = [](char c) { return (c >= 'a' && c <= 'z') || c == '|' || c == '-'; };
  if (value.find('|') == std::string_view::npos || !std::ranges::all_of(value, is_of_choices)) {
    return {};
  }
  std::vector<std::string> result;
  for (;;) {
    const std::size_t bar = value.find('|');
    result.emplace_back(value.substr(0, bar));
    if (bar == std::string_view::npos) return result;
    value.remove_prefix(bar + 1);
  }
}

/// Refuse a value that is none of the choices.
void check_choice(std::string_view value, const std::vector<std::string>& choices) {
  if (choices.empty() || std::ranges::find(choices, value) != choices.end()) return;
  throw Error{ErrorCode::kUsage,
              fmt::format("\"{}\" is none of {}{}", value, fmt::join(choices, ", "),
                          did_you_mean(value, choices))};
}

/// The same for each part of `a,b`.
void check_choices(std::string_view values, const std::vector<std::string>& choices) {
  for (;;) {
    const std::size_t comma = values.find(',');
    check_choice(values.substr(0, comma), choices);
    if (comma == std::string_view::npos) return;
    values.remove_prefix(comma + 1);
  }
}

void assign(Option& option, std::string_view name, std::string_view value) {
  if (option.was_given && !option.repeats) {
    throw Error{ErrorCode::kUsage, fmt::format("{} is given twice", name)};
  }
  option.was_given = true;
  try {
    if (option.value.ends_with(",...")) {
      check_choices(value, option.choices);
    } else if (!option.value.empty()) {
      check_choice(value, option.choices);
    }
    option.set(value);
  } catch (const Error& error) {
    throw Error{error.code(), fmt::format("{}: {}", name, error.what())};
  }
}

}  // namespace

std::string normal_option_name(std::string_view name) {
  std::string result{name};
  std::ranges::replace(result, '_', '-');
  return result;
}

std::int64_t parse_whole_number(std::string_view text, std::int64_t minimum, std::int64_t maximum) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || text.empty() ||
      value < minimum || value > maximum) {
    throw Error{ErrorCode::kUsage,
                fmt::format("\"{}\" is no whole number from {} to {}", text, minimum, maximum)};
  }
  return value;
}

Option& OptionTable::add(Option option) {
  if (option.choices.empty()) option.choices = choices_of(option.value);
  return options_.emplace_back(std::move(option));
}

Option& OptionTable::flag(std::vector<std::string> names, bool& to, std::string help) {
  return add({.names = std::move(names), .help = std::move(help), .set = [&to](std::string_view v) {
                to = v == "true";
              }});
}

Option& OptionTable::text(std::vector<std::string> names, std::string value, std::string& to,
                          std::string help) {
  return add({.names = std::move(names),
              .value = std::move(value),
              .help = std::move(help),
              .set = [&to](std::string_view v) { to = v; }});
}

Option& OptionTable::list(std::vector<std::string> names, std::string value,
                          std::vector<std::string>& to, std::string help) {
  return add({.names = std::move(names),
              .value = std::move(value),
              .help = std::move(help),
              .repeats = true,
              .set = [&to](std::string_view v) { to.emplace_back(v); }});
}

Option& OptionTable::integer(std::vector<std::string> names, std::optional<int>& to, int minimum,
                             int maximum, std::string help) {
  return add({.names = std::move(names),
              .value = "N",
              .help = std::move(help),
              .set = [&to, minimum, maximum](std::string_view v) {
                to = static_cast<int>(parse_whole_number(v, minimum, maximum));
              }});
}

Positional& OptionTable::add_positional(Positional positional) {
  return positionals_.emplace_back(std::move(positional));
}

Positional& OptionTable::positional(std::string name, std::string& to, std::string help) {
  return positionals_.emplace_back(Positional{.name = std::move(name),
                                              .help = std::move(help),
                                              .set = [&to](std::string_view v) { to = v; }});
}

Positional& OptionTable::positionals(std::string name, std::vector<std::string>& to,
                                     std::string help) {
  return positionals_.emplace_back(
      Positional{.name = std::move(name),
                 .help = std::move(help),
                 .repeats = true,
                 .set = [&to](std::string_view v) { to.emplace_back(v); }});
}

Option* OptionTable::find(std::string_view name) {
  const std::string wanted = name.starts_with("--") ? normal_option_name(name) : std::string{name};
  for (Option& option : options_) {
    if (std::ranges::find(option.names, wanted) != option.names.end()) return &option;
  }
  return nullptr;
}

void OptionTable::parse(std::span<const std::string> words) {
  std::size_t given = 0;
  bool only_values = false;
  for (std::size_t at = 0; at < words.size();) {
    const std::string& word = words[at];
    if (only_values || !looks_like_option(word)) {
      given = take_positional(word, given);
      ++at;
    } else if (word == "--") {
      only_values = true;
      ++at;
    } else {
      at = word.starts_with("--") ? parse_option(words, at) : parse_short(words, at);
    }
  }
  check_complete(given);
}

std::size_t OptionTable::parse_option(std::span<const std::string> words, std::size_t at) {
  const std::string_view word = words[at];
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  Option* option = find(name);
  if (option == nullptr && name.starts_with(kNegation)) {
    Option* positive = find("--" + std::string{name.substr(kNegation.size())});
    if (positive != nullptr && positive->is_negatable && equals == std::string_view::npos) {
      assign(*positive, name, "false");
      return at + 1;
    }
  }
  if (option == nullptr) refuse_unknown(name);
  if (option->value.empty()) {
    if (equals != std::string_view::npos) {
      throw Error{ErrorCode::kUsage, fmt::format("{} takes no value", name)};
    }
    assign(*option, name, "true");
    return at + 1;
  }
  if (equals != std::string_view::npos) {
    assign(*option, name, word.substr(equals + 1));
    return at + 1;
  }
  if (option->is_value_optional) {
    assign(*option, name, "");
    return at + 1;
  }
  assign(*option, name, value_behind(*option, name, words.subspan(at + 1)));
  return at + 2;
}

std::size_t OptionTable::parse_short(std::span<const std::string> words, std::size_t at) {
  const std::string_view word = words[at];
  for (std::size_t letter = 1; letter < word.size(); ++letter) {
    const std::string name = fmt::format("-{}", word[letter]);
    Option* option = find(name);
    if (option == nullptr) refuse_unknown(letter == 1 ? word : std::string_view{name});
    if (option->value.empty()) {
      assign(*option, name, "true");
      continue;
    }
    if (letter + 1 < word.size()) {
      assign(*option, name, word.substr(letter + 1));
      return at + 1;
    }
    assign(*option, name, value_behind(*option, name, words.subspan(at + 1)));
    return at + 2;
  }
  return at + 1;
}

bool OptionTable::is_option(std::string_view word) {
  if (!word.starts_with("--")) return find(word) != nullptr;
  const std::string_view name = word.substr(0, word.find('='));
  if (find(name) != nullptr) return true;
  if (!word.starts_with(kNegation)) return false;
  const Option* const positive = find("--" + std::string{word.substr(kNegation.size())});
  return positive != nullptr && positive->is_negatable;
}

const std::string& OptionTable::value_behind(const Option& option, std::string_view name,
                                             std::span<const std::string> rest) {
  if (rest.empty() || rest.front() == "--") {
    throw Error{ErrorCode::kUsage,
                fmt::format("{} needs a value: {} {}", name, name, option.value)};
  }
  if (is_option(rest.front())) {
    const std::string_view joint = name.starts_with("--") ? "=" : "";
    throw Error{ErrorCode::kUsage,
                fmt::format("{0} needs a value, and {1} is an option; if it is the value, write "
                            "{0}{2}{1}",
                            name, rest.front(), joint)};
  }
  return rest.front();
}

std::size_t OptionTable::take_positional(std::string_view word, std::size_t given) {
  const std::size_t index = std::min(given, positionals_.empty() ? 0 : positionals_.size() - 1);
  if (positionals_.empty() || (given > index && !positionals_[index].repeats)) {
    throw Error{ErrorCode::kUsage, fmt::format("\"{}\" is one value too many", word)};
  }
  Positional& positional = positionals_[index];
  try {
    check_choice(word, positional.choices);
    positional.set(word);
  } catch (const Error& error) {
    throw Error{error.code(), fmt::format("{}: {}", positional.name, error.what())};
  }
  return given + 1;
}

void OptionTable::check_complete(std::size_t positionals_given) const {
  std::string missing;
  for (std::size_t i = positionals_given; i < positionals_.size(); ++i) {
    if (positionals_[i].is_required) {
      missing += (missing.empty() ? "" : ", ") + positionals_[i].name;
    }
  }
  for (const Option& option : options_) {
    if (option.is_required && !option.was_given) {
      missing += (missing.empty() ? "" : ", ") + option.names.front() + " " + option.value;
    }
  }
  if (!missing.empty()) throw Error{ErrorCode::kUsage, fmt::format("missing: {}", missing)};
}

void OptionTable::refuse_unknown(std::string_view name) const {
  std::vector<std::string> known;
  for (const Option& option : options_) {
    if (option.is_hidden) continue;
    known.insert(known.end(), option.names.begin(), option.names.end());
  }
  throw Error{ErrorCode::kUsage,
              fmt::format("unknown option {}{}", name, did_you_mean(name, known))};
}

}  // namespace stint::cli
