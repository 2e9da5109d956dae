/// Which command a line names.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "cli/command.hpp"

namespace stint {
class Registry;
}

namespace stint::cli {

/// The command that a line names, and the words that are left for it.
struct Chosen {
  std::string group = {};  ///< "job" of an incomplete "job"; empty otherwise
  std::optional<CommandText> text = {};
  std::unique_ptr<Command> command = {};
  std::vector<std::string> words = {};
  bool is_none = false;  ///< the line names no command at all
};

/// Find the command that the first plain words name: the program's own first, then the built-in
/// ones. Options of all commands may stand before and between them. Throws Error kUsage with the
/// nearest name.
Chosen choose(const Registry& registry, std::vector<std::string> words);

/// Find the places of the words that are neither options nor values of options of all commands,
/// up to a `--`.
std::vector<std::size_t> plain_words(std::span<const std::string> words);

/// Whether commands of two words begin with this one.
bool is_group(std::string_view word);

/// Whether a word before `--` is `a` or `b`.
bool has_word(std::span<const std::string> words, std::string_view a, std::string_view b);

}  // namespace stint::cli
