#include "cli/command_json.hpp"
#include "cli/help.hpp"
#include "cli/json_line.hpp"

namespace stint::cli {
namespace {

/// Write a list of what `write` makes of each item.
std::string array_of(const auto& items, const auto& write) {
  std::string result = "[";
  for (const auto& item : items) {
    const std::string text = write(item);
    if (text.empty()) continue;
    if (result.size() > 1) result += ",";
    result += text;
  }
  return result + "]";
}

std::string positional_json(const Positional& positional) {
  JsonLine line;
  line.text("name", positional.name)
      .text("help", positional.help)
      .boolean("required", positional.is_required)
      .boolean("repeats", positional.repeats)
      .list("choices", positional.choices);
  return line.str();
}

std::string option_json(const Option& option) {
  if (option.is_hidden) return {};
  JsonLine line;
  line.list("names", option.names)
      .text_or_null("value", option.value)
      .boolean("value_optional", option.is_value_optional)
      .text("help", option.help)
      .text_or_null("default", option.default_text)
      .boolean("required", option.is_required)
      .boolean("repeats", option.repeats)
      .boolean("negatable", option.is_negatable)
      .boolean("global", option.is_global)
      .list("choices", option.choices);
  return line.str();
}

}  // namespace

std::string command_json(std::string_view program, const CommandText& text,
                         const OptionTable& options) {
  JsonLine line;
  line.text("name", text.name)
      .text("summary", text.summary)
      .text("description", text.description)
      .text("usage", usage_line(program, text.name, options))
      .boolean("uses_store", text.uses_store)
      .raw("arguments", array_of(options.positionals(), positional_json))
      .raw("options", array_of(options.options(), option_json))
      .raw("examples", array_of(text.examples,
                                [&](const Example& example) {
                                  JsonLine one;
                                  one.text("line",
                                           std::string{program} + " " + std::string{example.line})
                                      .text("meaning", example.meaning);
                                  return one.str();
                                }))
      .raw("exit_codes", array_of(exit_codes(text), [](const auto& code) {
             JsonLine one;
             one.number("code", std::int64_t{code.first}).text("meaning", code.second);
             return one.str();
           }));
  return line.str();
}

}  // namespace stint::cli
