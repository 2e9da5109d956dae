#include "support/help_listing.hpp"
#include <algorithm>
#include <map>
#include <sstream>
#include <utility>
#include "stint/json.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

/// What an option's value can be, by what help calls it, and what it cannot be.
const std::map<std::string, std::pair<std::string, std::string>>& values() {
  static const std::map<std::string, std::pair<std::string, std::string>> known = {
      {"N", {"5", "many"}},
      {"DURATION", {"5s", "soon"}},
      {"TIME", {"+5m", "someday"}},
      {"ID", {"42", "x7"}},
      {"LEVEL", {"info", "loud"}},
      {"STATE", {"done", "dnoe"}},
      {"STATE,...", {"done", "dnoe"}},
      {"LIST", {"1", "many"}}};
  return known;
}

ListedOption option_of(const json& object) {
  return {.name = object.at("names").at(0),
          // One that may be left out makes the option a switch.
          .value = object.at("value").is_null() || object.at("value_optional").get<bool>()
                       ? ""
                       : object.at("value").get<std::string>(),
          .is_required = object.at("required"),
          .is_global = object.at("global"),
          .repeats = object.at("repeats"),
          .is_negatable = object.at("negatable"),
          .choices = object.at("choices")};
}

ListedCommand command_of(const json& object) {
  ListedCommand command{.name = object.at("name"),
                        .summary = object.at("summary"),
                        .description = object.at("description"),
                        .uses_store = object.at("uses_store"),
                        .arguments = {},
                        .options = {},
                        .examples = {},
                        .exit_codes = {}};
  for (const json& one : object.at("arguments")) {
    command.arguments.push_back({.name = one.at("name"),
                                 .is_required = one.at("required"),
                                 .repeats = one.at("repeats"),
                                 .choices = one.at("choices")});
  }
  for (const json& one : object.at("options")) command.options.push_back(option_of(one));
  for (const json& one : object.at("examples")) command.examples.push_back(one.at("line"));
  for (const json& one : object.at("exit_codes"))
    command.exit_codes.insert(one.at("code").get<int>());
  return command;
}

std::string fair_argument(const ListedArgument& argument) {
  if (!argument.choices.empty()) return argument.choices.front();
  if (argument.name == "ID" || argument.name == "JOB") return "42";
  if (argument.name == "TASK") return "hello.world";
  return "x";
}

}  // namespace

bool ListedCommand::has_argument(const std::string& argument) const {
  return std::ranges::any_of(arguments,
                             [&](const ListedArgument& one) { return one.name == argument; });
}

const std::vector<ListedCommand>& listed_commands() {
  static const std::vector<ListedCommand> commands = [] {
    std::vector<ListedCommand> found;
    for (const std::string& line : lines_of(Program{"example_tasks"}.output({"help", "--json"}))) {
      found.push_back(command_of(json::parse(line)));
    }
    return found;
  }();
  return commands;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> fair_line(const ListedCommand& command) {
  // Where the names of the arguments do not say all that the command needs.
  static const std::map<std::string, std::string> known = {
      {"run", "run hello.world --run-once"},
      {"job retry", "job retry 1 --done"},
      {"job update", "job update --state queued --priority 1 --yes"},
      {"job delete", "job delete 1"},
      {"db vacuum", "db vacuum --jobs"},
      {"db reset", "db reset --yes"},
      {"bench", "bench --jobs 10 --rounds 1 --slots 1"},
      {"lock status", "lock status hello.world"},
      {"lock release", "lock release hello.world"},
      {"worker run", "worker run --drain"}};
  if (const auto found = known.find(command.name); found != known.end()) {
    return words_of(found->second);
  }
  std::vector<std::string> words = words_of(command.name);
  for (const ListedArgument& argument : command.arguments) {
    if (argument.is_required) words.push_back(fair_argument(argument));
  }
  for (const ListedOption& option : command.options) {
    if (option.is_required) words.insert(words.end(), {option.name, fair_value(option)});
  }
  return words;
}

std::string fair_value(const ListedOption& option) {
  if (!option.choices.empty()) return option.choices.front();
  const auto found = values().find(option.value);
  return found == values().end() ? "x" : found->second.first;
}

std::optional<std::string> wrong_value(const ListedOption& option) {
  if (!option.choices.empty()) return "no-choice-of-these";
  const auto found = values().find(option.value);
  if (found == values().end()) return std::nullopt;
  return found->second.second;
}

}  // namespace stint::test
