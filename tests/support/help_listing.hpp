/// The commands of a program as its own `help --json` lists them, and lines for each of them.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stint::test {

struct ListedOption {
  std::string name;   ///< the long one
  std::string value;  ///< what help calls it; empty: a switch
  bool is_required = false;
  bool is_global = false;
  bool repeats = false;
  bool is_negatable = false;
  std::vector<std::string> choices;
};

struct ListedArgument {
  std::string name;
  bool is_required = false;
  bool repeats = false;
  std::vector<std::string> choices;
};

struct ListedCommand {
  std::string name;
  std::string summary;
  std::string description;
  bool uses_store = false;
  std::vector<ListedArgument> arguments;
  std::vector<ListedOption> options;
  std::vector<std::string> examples;
  std::set<int> exit_codes;

  bool has_argument(const std::string& argument) const;
};

/// Ask the program `example_tasks`, once.
const std::vector<ListedCommand>& listed_commands();

/// Split at blanks.
std::vector<std::string> words_of(const std::string& text);

/// A line that the command takes: its name, what it needs, and so that it changes little and ends
/// soon. Job 42 is meant where a job is.
std::vector<std::string> fair_line(const ListedCommand& command);

/// A value that the option takes.
std::string fair_value(const ListedOption& option);

/// A value that it refuses by its type alone; nothing where any text will do.
std::optional<std::string> wrong_value(const ListedOption& option);

}  // namespace stint::test
