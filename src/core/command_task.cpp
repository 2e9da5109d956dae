#include "core/command_task.hpp"
#include <fmt/format.h>
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

std::string value_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string without_nul(std::string text) {
  if (has_nul(text)) {
    throw Error{
        ErrorCode::kInvalid,
        fmt::format("\"{}\" holds a NUL, which no program can be given", sanitize_text(text))};
  }
  return text;
}

}  // namespace

ArgumentTemplate::ArgumentTemplate(std::string_view text) : text_(text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      add_literal(c);
    } else if (at + 1 < text.size() && text[at + 1] == c) {
      add_literal(c);
      ++at;
    } else if (c == '}') {
      throw Error{ErrorCode::kInvalid, "has a } that closes nothing; write }} for a brace"};
    } else {
      const std::size_t end = text.find_first_of("{}", at + 1);
      if (end == std::string_view::npos || text[end] == '{') {
        throw Error{ErrorCode::kInvalid, "has a { that is not closed; write {{ for a brace"};
      }
      if (end == at + 1) {
        throw Error{ErrorCode::kInvalid, "has {} without a name; write {{}} for braces"};
      }
      pieces_.push_back(
          {.text = std::string{text.substr(at + 1, end - at - 1)}, .is_argument = true});
      at = end;
    }
  }
}

void ArgumentTemplate::add_literal(char c) {
  if (pieces_.empty() || pieces_.back().is_argument) pieces_.emplace_back();
  pieces_.back().text += c;
}

std::vector<std::string> ArgumentTemplate::names() const {
  std::vector<std::string> names;
  for (const Piece& piece : pieces_) {
    if (piece.is_argument) names.push_back(piece.text);
  }
  return names;
}

std::optional<std::string> ArgumentTemplate::fill(const json& args) const {
  std::string result;
  for (const Piece& piece : pieces_) {
    if (!piece.is_argument) {
      result += piece.text;
      continue;
    }
    const auto value = args.find(piece.text);
    if (value != args.end() && !value->is_null()) {
      result += value_text(*value);
    } else if (pieces_.size() == 1) {
      return std::nullopt;
    }
  }
  return result;
}

FilledCommand fill_command(const CommandSpec& spec, const json& args) {
  FilledCommand result;
  for (const ArgumentTemplate& word : spec.command) {
    if (auto text = word.fill(args)) result.arguments.push_back(without_nul(*std::move(text)));
  }
  for (const auto& [name, value] : spec.environment) {
    if (auto text = value.fill(args)) {
      result.environment.emplace_back(name, without_nul(*std::move(text)));
    }
  }
  result.working_directory = without_nul(spec.working_directory.fill(args).value_or(""));
  return result;
}

}  // namespace stint
