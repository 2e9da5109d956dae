#include "cli/choose.hpp"
#include <algorithm>
#include <ranges>
#include <utility>
#include <fmt/format.h>
#include "base/nearest.hpp"
#include "cli/context.hpp"
#include "cli/module_command.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

const CommandEntry* find_entry(std::string_view name) {
  const auto table = command_table();
  const auto found = std::ranges::find_if(
      table, [&](const CommandEntry& entry) { return entry.text.name == name; });
  return found == table.end() ? nullptr : &*found;
}

[[noreturn]] void refuse_command(std::string_view group, std::string_view word,
                                 const Registry& registry) {
  std::vector<std::string> known;
  for (const CommandEntry& entry : command_table()) {
    std::string_view name = entry.text.name;
    if (group.empty()) {
      known.emplace_back(name.substr(0, name.find(' ')));
    } else if (name.starts_with(fmt::format("{} ", group))) {
      known.emplace_back(name.substr(group.size() + 1));
    }
  }
  if (group.empty()) {
    for (const auto& [name, command] : registry.commands()) known.push_back(name);
  }
  throw Error{ErrorCode::kUsage,
              fmt::format("unknown command \"{}{}{}\"{}", group, group.empty() ? "" : " ", word,
                          did_you_mean(word, known))};
}

void erase_words(std::vector<std::string>& words, std::span<const std::size_t> places) {
  for (const std::size_t place : std::views::reverse(places)) {
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(place));
  }
}

}  // namespace

std::vector<std::size_t> plain_words(std::span<const std::string> words) {
  OptionTable options;
  GlobalOptions ignored;
  declare_global_options(options, ignored);
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "--") break;
    if (word.size() < 2 || word[0] != '-') {
      places.push_back(at);
      continue;
    }
    const Option* option = options.find(word);
    if (option != nullptr && !option->value.empty()) ++at;
  }
  return places;
}

bool is_group(std::string_view word) {
  return std::ranges::any_of(command_table(), [&](const CommandEntry& entry) {
    return entry.text.name.starts_with(fmt::format("{} ", word));
  });
}

Chosen choose(const Registry& registry, std::vector<std::string> words) {
  const std::vector<std::size_t> places = plain_words(words);
  if (places.empty()) return {.words = std::move(words), .is_none = true};
  const std::string first = words[places[0]];
  Chosen chosen;
  std::size_t used = 1;
  if (const detail::TaskDeclaration* own = registry.find_command(first)) {
    chosen.text = module_command_text(*own);
    chosen.command = make_module_command(*own);
  } else if (is_group(first)) {
    if (places.size() < 2) return {.group = first, .words = std::move(words)};
    used = 2;
  }
  if (!chosen.command) {
    const std::string name = used == 1 ? first : fmt::format("{} {}", first, words[places[1]]);
    const CommandEntry* entry = find_entry(name);
    if (entry == nullptr) {
      refuse_command(used == 2 ? first : "", used == 2 ? words[places[1]] : first, registry);
    }
    chosen.text = entry->text;
    chosen.command = entry->make();
  }
  erase_words(words, std::span{places}.first(used));
  chosen.words = std::move(words);
  return chosen;
}

bool has_word(std::span<const std::string> words, std::string_view a, std::string_view b) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == a || word == b) return true;
  }
  return false;
}

}  // namespace stint::cli
