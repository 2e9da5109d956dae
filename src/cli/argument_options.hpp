/// A task's arguments as options of the command line.
#pragma once
#include <span>
#include <string>
#include <vector>
#include "cli/options.hpp"
#include "stint/arg.hpp"
#include "stint/json.hpp"

namespace stint::cli {

/// Make options of arguments: `--name VALUE`, a letter if it has one, `--flag` and `--no-flag` for
/// a boolean, repeated options for a list; and collect what was given. What is missing or no choice
/// is for `checked_arguments` to say. Must outlive the table.
class ArgumentOptions {
 public:
  /// `specs` must outlive the object.
  explicit ArgumentOptions(std::span<const ArgumentSpec> specs) : specs_(specs) {}

  void declare(OptionTable& options);
  /// Let the argument be given without its name, too, as the next positional value.
  void declare_positional(OptionTable& options, const ArgumentSpec& spec);
  /// The arguments that were given: an object.
  const json& given() const { return given_; }

 private:
  void take(const ArgumentSpec& spec, std::string_view text);

  std::span<const ArgumentSpec> specs_;
  json given_ = json::object();
};

/// Describe an argument for help: its text, its choices.
std::string argument_help(const ArgumentSpec& spec);
/// Describe a task's arguments as `enqueue` takes them: `width=N`, with what `run` says of each.
HelpSection described_words(std::string_view task, std::span<const ArgumentSpec> specs);
/// Write an argument's default as one would type it; empty if it has none.
std::string argument_default(const ArgumentSpec& spec);

}  // namespace stint::cli
