#include "cli/man_page.hpp"
#include <fmt/format.h>
#include "base/version.hpp"
#include "cli/help.hpp"

namespace stint::cli {
namespace {

/// Write text so that roff shows it as it is.
std::string escaped(std::string_view text) {
  std::string result;
  bool starts_line = true;
  for (const char c : text) {
    if (starts_line && (c == '.' || c == '\'')) result += "\\&";
    starts_line = c == '\n';
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '`') {
      result += "\\(ga";
    } else if (c == '\'') {
      result += "\\(aq";
    } else if (c == '~') {
      result += "\\(ti";
    } else if (c == '^') {
      result += "\\(ha";
    } else {
      result += c;
    }
  }
  return result;
}

/// Write paragraphs; a blank line in the text begins the next.
std::string paragraphs(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    result += fmt::format(".PP\n{}\n", escaped(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 2);
  }
  return result;
}

/// Write an entry of a list of terms.
std::string term(std::string_view name, std::string_view meaning) {
  return fmt::format(".TP\n.B {}\n{}\n", escaped(name), escaped(meaning));
}

std::string option_terms(const OptionTable& options, bool global) {
  std::string result;
  for (const Option& option : options.options()) {
    if (option.is_hidden || option.is_global != global) continue;
    result += term(option_title(option), option_text(option));
  }
  return result;
}

std::string examples(std::string_view program, const CommandText& text) {
  std::string result;
  for (const Example& example : text.examples) {
    result += fmt::format(".TP\n.B {} {}\n{}\n", escaped(program), escaped(example.line),
                          escaped(example.meaning));
  }
  return result.empty() ? result : ".PP\nExamples:\n" + result;
}

std::string section_of(std::string_view program, const DescribedCommand& command) {
  const CommandText& text = command.text;
  std::string result =
      fmt::format(".SS {}\n.B {}\n.PP\n{}.\n", escaped(text.name),
                  escaped(usage_line(program, text.name, command.options)), escaped(text.summary));
  result += paragraphs(text.description);
  for (const Positional& positional : command.options.positionals()) {
    result += term(positional.name, positional.help);
  }
  result += option_terms(command.options, /*global=*/false);
  result += examples(program, text);
  result += ".PP\nExit codes:\n";
  for (const auto& [code, meaning] : exit_codes(text)) {
    result += term(std::to_string(code), meaning);
  }
  return result;
}

std::string upper_case(std::string_view text) {
  std::string result{text};
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

constexpr std::string_view kEnd = R"(.SH ENVIRONMENT
.TP
.B STINT_SETTINGS
the settings file
.TP
.B STINT_STORE
the store of the jobs, as \-\-store
.TP
.B STINT_SECTION_KEY
any setting: STINT_WORKER_SLOTS is slots of [worker]
.TP
.B NO_COLOR, TERM, COLUMNS
no colours if NO_COLOR is not empty or TERM is dumb; how wide tables are on a terminal
.SH FILES
.TP
.I ./stint.toml, \(ti/.config/stint/stint.toml
the settings
.TP
.I \(ti/.local/state/stint/jobs.db
the store, where none is set
)";

}  // namespace

std::string man_page(std::string_view program, std::span<const DescribedCommand> commands) {
  std::string result = fmt::format(
      ".TH \"{}\" 1 \"\" \"Stint {}\" \"User Commands\"\n"
      ".SH NAME\n{} \\- run work: tasks now, jobs from a queue\n"
      ".SH SYNOPSIS\n.B {}\n.I COMMAND\n[\\fIOPTIONS\\fR]\n"
      ".SH DESCRIPTION\nResults go to standard output, everything else to standard error. Piped, "
      "they are plain; with\n.B \\-\\-json\nthey are one object a line.\n",
      upper_case(escaped(program)), version(), escaped(program), escaped(program));
  if (!commands.empty()) {
    result += ".SH OPTIONS\nOf every command, anywhere on the line:\n" +
              option_terms(commands.front().options, /*global=*/true);
  }
  result += ".SH COMMANDS\n";
  for (const DescribedCommand& command : commands) result += section_of(program, command);
  result += kEnd;
  return result;
}

}  // namespace stint::cli
