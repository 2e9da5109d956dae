/// Tasks whose code is a program: its words, with places for the task's arguments.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "stint/json.hpp"
#include "stint/module.hpp"

namespace stint {

/// A text with places for arguments: `--db={database}`. `{{` and `}}` stand for braces. Immutable.
class ArgumentTemplate final {
 public:
  ArgumentTemplate() = default;
  /// Throws Error kInvalid with a phrase that says which brace is wrong.
  explicit ArgumentTemplate(std::string_view text);

  /// As it was written.
  const std::string& text() const { return text_; }
  /// The arguments in it, in their order.
  std::vector<std::string> names() const;
  /// Put the values in: texts as they are, anything else as JSON. An argument without a value is
  /// an empty text; nothing if there is no more to the template than such an argument.
  std::optional<std::string> fill(const json& args) const;

 private:
  struct Piece {
    std::string text;
    bool is_argument = false;
  };
  void add_literal(char c);

  std::string text_;
  std::vector<Piece> pieces_;
};

/// What a command task executes.
struct CommandSpec {
  std::vector<ArgumentTemplate> command;  ///< the program, then its arguments; never empty
  std::vector<std::pair<std::string, ArgumentTemplate>> environment = {};
  ArgumentTemplate working_directory = {};  ///< empty: that of the worker
};

/// The same with the values of one job. No shell reads any of it.
struct FilledCommand {
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string working_directory;
};

/// Put a job's arguments in. Throws Error kInvalid for a text that holds a NUL: no program can be
/// given one.
FilledCommand fill_command(const CommandSpec& spec, const json& args);

/// A task that the settings declare, and where: "stint.toml:12".
struct CommandTask {
  detail::TaskDeclaration task;
  std::string source;
};

}  // namespace stint
