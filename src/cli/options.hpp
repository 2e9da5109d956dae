/// Declare what a command takes on its line, and read the line.
///
/// The parser is our own: CLI11 2.1 takes a positional value such as `[1,2]` apart and drops its
/// brackets, which would change the arguments of jobs.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stint::cli {

/// One option: `--limit N`, `-n N`, or a switch without a value.
///
/// The name of the value also tells what it is completed with: FILE and FOLDER, TASK, ID (of a
/// job), URL|NAME (of a store), KEY (of the settings), COMMAND. Words in small letters between bars
/// (`running|finished`) are its choices, and `,...` at the end is a list of several, with commas.
struct Option {
  std::vector<std::string> names;  ///< "--limit", "-n"; the first is the one that messages use
  std::string value = {};          ///< how help calls the value: "N"; empty: a switch
  std::string help = {};
  std::string default_text = {};  ///< for help only; empty: none
  bool is_required = false;
  bool repeats = false;
  bool is_negatable = false;       ///< a switch that also has a --no- form
  bool is_global = false;          ///< listed apart, the same for every command
  bool is_hidden = false;          ///< not in help
  bool is_value_optional = false;  ///< --watch and --watch=5; without a value, `set` gets ""
  /// Take one value; a switch gets "true" or "false". Throws Error; the parser adds the option's
  /// name.
  std::function<void(std::string_view)> set = {};
  /// The only values that there are: the parser refuses every other with the nearest of them.
  std::vector<std::string> choices = {};
  std::vector<std::string> suggestions = {};  ///< values to complete with; others are taken, too
  bool was_given = false;
};

/// One positional value.
struct Positional {
  std::string name;  ///< "TASK"
  std::string help = {};
  bool is_required = true;
  bool repeats = false;
  std::function<void(std::string_view)> set = {};
  std::vector<std::string> choices = {};  ///< as those of an option
};

/// Lines for help alone, below a title of their own: what a positional value may be, in full.
struct HelpSection {
  std::string title;
  std::vector<std::pair<std::string, std::string>> rows;
};

/// All that one command takes. Bound variables must outlive the table. Not thread-safe.
class OptionTable {
 public:
  /// Add an option by hand; the reference stays valid.
  Option& add(Option option);
  /// Add a switch.
  Option& flag(std::vector<std::string> names, bool& to, std::string help);
  Option& text(std::vector<std::string> names, std::string value, std::string& to,
               std::string help);
  /// Add an option that may be given more than once.
  Option& list(std::vector<std::string> names, std::string value, std::vector<std::string>& to,
               std::string help);
  /// Add a whole number of the given range.
  Option& integer(std::vector<std::string> names, std::optional<int>& to, int minimum, int maximum,
                  std::string help);

  Positional& add_positional(Positional positional);
  Positional& positional(std::string name, std::string& to, std::string help);
  Positional& positionals(std::string name, std::vector<std::string>& to, std::string help);

  /// Show these lines in help, behind the positional values.
  void describe(HelpSection section) { sections_.push_back(std::move(section)); }

  /// Read the words. Options may stand anywhere before `--`; `--name=value` and `-nvalue` are
  /// understood, and an underscore in a long name is a dash. A value that stands by itself may be
  /// no option of the table: who forgot it would lose that option unnoticed. Throws Error kUsage
  /// naming the word, with the nearest spelling of an unknown option.
  void parse(std::span<const std::string> words);

  /// The option of this name ("--limit" or "-n"); nothing if there is none.
  Option* find(std::string_view name);

  const std::deque<Option>& options() const { return options_; }
  const std::deque<Positional>& positionals() const { return positionals_; }
  const std::vector<HelpSection>& sections() const { return sections_; }

 private:
  void check_complete(std::size_t positionals_given) const;
  std::size_t parse_option(std::span<const std::string> words, std::size_t at);
  std::size_t parse_short(std::span<const std::string> words, std::size_t at);
  bool is_option(std::string_view word);
  const std::string& value_behind(const Option& option, std::string_view name,
                                  std::span<const std::string> rest);
  std::size_t take_positional(std::string_view word, std::size_t given);
  [[noreturn]] void refuse_unknown(std::string_view name) const;

  std::deque<Option> options_;
  std::deque<Positional> positionals_;
  std::vector<HelpSection> sections_;
};

/// Read a whole number within a range. Throws Error kUsage.
std::int64_t parse_whole_number(std::string_view text, std::int64_t minimum, std::int64_t maximum);

/// Write an option's long name as the table stores it: underscores become dashes.
std::string normal_option_name(std::string_view name);

}  // namespace stint::cli
