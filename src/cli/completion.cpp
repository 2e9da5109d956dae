#include "cli/completion.hpp"
#include <algorithm>
#include <set>
#include <string_view>
#include <fmt/format.h>
#include "cli/choose.hpp"
#include "cli/completion_values.hpp"
#include "cli/context.hpp"
#include "cli/help.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

/// Where the words before the cursor have led to.
struct Place {
  const Option* waits_for_value = nullptr;  ///< the last word was an option without its value
  bool only_values = false;                 ///< behind --
  std::vector<std::string> positionals = {};
  std::set<const Option*> given = {};
};

bool is_option_word(std::string_view word) { return word.size() >= 2 && word.front() == '-'; }

/// Read `-nvalue` or `-abc`; return the option that still wants a value.
const Option* read_short(OptionTable& options, std::string_view word, Place& place) {
  for (std::size_t letter = 1; letter < word.size(); ++letter) {
    const Option* const option = options.find(fmt::format("-{}", word[letter]));
    if (option == nullptr) return nullptr;
    place.given.insert(option);
    if (!option->value.empty()) return letter + 1 == word.size() ? option : nullptr;
  }
  return nullptr;
}

/// Read the words as the parser would, but without minding what is wrong.
Place read_words(OptionTable& options, std::span<const std::string> words) {
  Place place;
  for (const std::string& word : words) {
    if (place.waits_for_value != nullptr) {
      place.waits_for_value = nullptr;
    } else if (place.only_values || !is_option_word(word)) {
      place.positionals.push_back(word);
    } else if (word == "--") {
      place.only_values = true;
    } else if (!word.starts_with("--")) {
      place.waits_for_value = read_short(options, word, place);
    } else {
      const std::size_t equals = word.find('=');
      const Option* const option = options.find(std::string_view{word}.substr(0, equals));
      if (option == nullptr) continue;
      place.given.insert(option);
      const bool wants_value = !option->value.empty() && !option->is_value_optional;
      if (wants_value && equals == std::string::npos) place.waits_for_value = option;
    }
  }
  return place;
}

std::vector<Candidate> option_words(const OptionTable& options, const Place& place) {
  std::vector<Candidate> result;
  for (const Option& option : options.options()) {
    if (option.is_hidden || (place.given.contains(&option) && !option.repeats)) continue;
    for (const std::string& name : option.names) {
      result.push_back({.word = name, .meaning = option.help});
      if (option.is_negatable && name.starts_with("--")) {
        result.push_back({.word = "--no-" + name.substr(2), .meaning = option.help});
      }
    }
  }
  return result;
}

/// The words that can stand behind `group`, or first.
std::vector<Candidate> command_words(Context& context, std::string_view group) {
  std::vector<Candidate> result;
  if (group.empty()) {
    for (const auto& [name, command] : context.module_registry().commands()) {
      result.push_back({.word = name, .meaning = command.options.doc});
    }
  }
  for (const CommandEntry& entry : command_table()) {
    const std::string_view name = entry.text.name;
    const std::size_t blank = name.find(' ');
    if (!group.empty()) {
      if (blank == std::string_view::npos || name.substr(0, blank) != group) continue;
      result.push_back({.word = std::string{name.substr(blank + 1)},
                        .meaning = std::string{entry.text.summary}});
    } else if (result.empty() || result.back().word != name.substr(0, blank)) {
      const bool is_alone = blank == std::string_view::npos;
      result.push_back({.word = std::string{name.substr(0, blank)},
                        .meaning = is_alone ? std::string{entry.text.summary} : std::string{}});
    }
  }
  return result;
}

/// Complete the value of an option; `prefix` is what stands before it in its word.
Candidates option_value(Context& context, std::string_view command, const Option& option,
                        std::string_view prefix, std::string_view text) {
  const std::vector<std::string>& choices =
      option.choices.empty() ? option.suggestions : option.choices;
  return complete_value(context, {.command = command,
                                  .name = option.value,
                                  .choices = choices,
                                  .task = {},
                                  .prefix = prefix,
                                  .text = text});
}

Candidates positional_value(Context& context, std::string_view command, const OptionTable& options,
                            const Place& place, const std::string& current) {
  const auto& declared = options.positionals();
  if (declared.empty()) return {};
  const std::size_t index = std::min(place.positionals.size(), declared.size() - 1);
  const Positional& positional = declared[index];
  if (place.positionals.size() > index && !positional.repeats) return {};
  if (command == "help") {
    const std::string group = place.positionals.empty() ? std::string{} : place.positionals.front();
    if (place.positionals.size() > 1 || (!group.empty() && !is_group(group))) return {};
    return {.candidates = fitting(command_words(context, group), "", current)};
  }
  const bool has_task = command == "enqueue" && !place.positionals.empty();
  return complete_value(
      context, {.command = command,
                .name = positional.name,
                .choices = positional.choices,
                .task = has_task ? std::string_view{place.positionals[0]} : std::string_view{},
                .prefix = "",
                .text = current});
}

Candidates of_command(Context& context, std::string_view command, OptionTable& options,
                      std::span<const std::string> before, const std::string& current) {
  const Place place = read_words(options, before);
  if (place.waits_for_value != nullptr) {
    return option_value(context, command, *place.waits_for_value, "", current);
  }
  if (place.only_values || !current.starts_with('-')) {
    return positional_value(context, command, options, place, current);
  }
  const std::size_t equals = current.find('=');
  if (current.starts_with("--") && equals != std::string::npos) {
    const std::string_view word = current;
    const Option* const option = options.find(word.substr(0, equals));
    if (option == nullptr || option->value.empty()) return {};
    return option_value(context, command, *option, word.substr(0, equals + 1),
                        word.substr(equals + 1));
  }
  return {.candidates = fitting(option_words(options, place), "", current)};
}

/// Complete before a command is named.
Candidates of_program(Context& context, const std::string& group,
                      std::span<const std::string> before, const std::string& current) {
  OptionTable options;
  declare_global_options(options, context.global());
  const Place place = read_words(options, before);
  if (place.waits_for_value != nullptr || current.starts_with('-')) {
    Candidates result = of_command(context, group, options, before, current);
    const Candidate version{.word = "--version", .meaning = "show the version"};
    if (group.empty() && before.empty() && version.word.starts_with(current)) {
      result.candidates.push_back(version);
    }
    return result;
  }
  return {.candidates = fitting(command_words(context, group), "", current)};
}

}  // namespace

Candidates complete(Context& context, std::span<const std::string> words) {
  if (words.empty()) return {};
  const std::string& current = words.back();
  const std::span<const std::string> before = words.first(words.size() - 1);
  try {
    read_global_options(before, context.global());
    context.load_modules(before);
    // An option of all commands that waits for its value takes the word that is typed.
    Chosen chosen = choose(context.module_registry(), {before.begin(), before.end()});
    if (!chosen.command) return of_program(context, chosen.group, before, current);
    OptionTable options;
    chosen.command->declare(options, context, chosen.words);
    declare_global_options(options, context.global());
    Candidates result = of_command(context, chosen.text->name, options, chosen.words, current);
    return result;
  } catch (const Error&) {
    return {};  // a command that there is not, settings that are wrong
  }
}

}  // namespace stint::cli
