#include "config/command_tasks.hpp"
#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <fmt/format.h>
#include "base/log.hpp"
#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "config/checked_table.hpp"
#include "config/command_arguments.hpp"
#include "core/declaration_check.hpp"
#include "core/task_environment.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using Keys = std::vector<SettingSpec>;

constexpr double kLongestSeconds = std::chrono::duration<double>(kLongestDuration).count();

SettingSpec key_of(std::string_view key, SettingType type) {
  return {.key = std::string{key}, .type = type};
}

SettingSpec duration_key(std::string_view key) {
  SettingSpec spec = key_of(key, SettingType::kDuration);
  spec.minimum = 0;
  spec.maximum = kLongestSeconds;
  return spec;
}

SettingSpec attempts_key() {
  SettingSpec spec = key_of("max_attempts", SettingType::kInteger);
  spec.minimum = 1;
  spec.maximum = 1000;
  return spec;
}

const Keys& task_keys() {
  static const Keys keys = {key_of("command", SettingType::kList),
                            key_of("args", SettingType::kTable),
                            key_of("environment", SettingType::kTable),
                            key_of("working_directory", SettingType::kString),
                            duration_key("timeout"),
                            key_of("domain", SettingType::kString),
                            key_of("node", SettingType::kString),
                            key_of("zone", SettingType::kString),
                            key_of("priority", SettingType::kInteger),
                            attempts_key(),
                            key_of("retry", SettingType::kTable),
                            key_of("at_most_once", SettingType::kBoolean),
                            key_of("exclusive", SettingType::kBoolean),
                            key_of("doc", SettingType::kString)};
  return keys;
}

const Keys& retry_keys() {
  static const Keys keys = {attempts_key(), duration_key("backoff"), duration_key("max_backoff"),
                            key_of("jitter", SettingType::kNumber)};
  return keys;
}

// Reads one task's table; every part adds to the declaration and to the problems.
class TaskReader final {
 public:
  TaskReader(const std::string& name, const SettingNode& node, std::vector<std::string>& problems)
      : name_(name),
        node_(node),
        problems_(problems),
        table_(fmt::format("tasks.\"{}\"", escape_controls(sanitize_text(name))), node, task_keys(),
               problems) {}

  std::optional<CommandTask> read() {
    const std::size_t before = problems_.size();
    task_.name = name_;
    task_.module = name_.substr(0, name_.find('.'));
    read_options();
    read_retry();
    read_arguments();
    read_command();
    read_environment();
    read_working_directory();
    check_use();
    task_.described_args = task_.args.size();
    task_.parameters = task_.args.size();
    for (const std::string& problem : check_declaration(task_, {})) table_.problem(problem);
    if (problems_.size() != before) return std::nullopt;
    task_.program = std::make_shared<const CommandSpec>(std::move(spec_));
    return CommandTask{.task = std::move(task_), .source = node_.source};
  }

 private:
  void read_options() {
    TaskOptions& options = task_.options;
    table_.read("timeout", options.timeout);
    table_.read("domain", options.domain);
    table_.read("node", options.node);
    table_.read("zone", options.zone);
    table_.read("doc", options.doc);
    table_.read("at_most_once", options.at_most_once);
    table_.read("exclusive", options.exclusive);
    if (table_.has("max_attempts")) {
      options.retry.max_attempts = table_.value("max_attempts").get<int>();
    }
    if (!table_.has("priority")) return;
    const auto priority = table_.value("priority").get<std::int64_t>();
    // What does not fit is refused with the task's other options.
    options.priority = static_cast<int>(std::clamp<std::int64_t>(priority, -1'000'000, 1'000'000));
  }

  void read_retry() {
    if (!table_.has("retry")) return;
    const CheckedTable retry{table_.title() + ".retry", *table_.node("retry"), retry_keys(),
                             problems_};
    RetryOptions& options = task_.options.retry;
    if (retry.has("max_attempts")) {
      if (options.max_attempts) retry.problem("max_attempts", "is given beside the task's own");
      options.max_attempts = retry.value("max_attempts").get<int>();
    }
    retry.read("backoff", options.backoff);
    retry.read("max_backoff", options.max_backoff);
    retry.read("jitter", options.jitter);
  }

  void read_arguments() {
    if (!table_.has("args")) return;
    for (const auto& [name, child] : table_.node("args")->children) {
      const std::string title =
          fmt::format("{}.args.{}", table_.title(), escape_controls(sanitize_text(name)));
      task_.args.push_back(read_command_argument(title, name, child, problems_));
    }
  }

  /// Parse a text with places for arguments. Nothing, and a problem, if it is wrong.
  std::optional<ArgumentTemplate> parse(const SettingNode& at, const std::string& where,
                                        const std::string& text) {
    const auto fail = [&](std::string_view reason) {
      problems_.push_back(fmt::format("{}: {}{}: \"{}\" {}", at.source, table_.title(), where,
                                      escape_controls(text), reason));
    };
    try {
      ArgumentTemplate result{text};
      bool is_good = true;
      for (const std::string& name : result.names()) {
        used_.insert(name);
        if (std::ranges::find(task_.args, name, &ArgumentSpec::name) != task_.args.end()) continue;
        std::vector<std::string> names;
        names.reserve(task_.args.size());
        for (const ArgumentSpec& spec : task_.args) names.push_back(spec.name);
        fail(
            fmt::format("names {{{}}}, which is no argument of the task{}; declare it: args.{} = "
                        "{{ type = \"string\" }}",
                        name, did_you_mean(name, names), name));
        is_good = false;
      }
      if (is_good) return result;
    } catch (const Error& error) {
      fail(error.what());
    }
    return std::nullopt;
  }

  void read_command() {
    if (!table_.has("command")) {
      if (!table_.was_given("command")) {
        table_.problem(
            "it has no command; write the program and its arguments: command = "
            "[\"pg_dump\", \"{database}\"]");
      }
      return;
    }
    const SettingNode& node = *table_.node("command");
    for (const json& word : table_.value("command")) {
      if (auto parsed = parse(node, ".command", word.get<std::string>())) {
        spec_.command.push_back(*std::move(parsed));
      }
    }
    if (table_.value("command").empty()) {
      table_.problem("command", "is empty; write the program and its arguments");
    } else if (table_.value("command").at(0).get_ref<const std::string&>().empty()) {
      table_.problem("command", "begins with an empty text; write the name of a program there");
    } else if (!spec_.command.empty() && !spec_.command.front().names().empty() &&
               spec_.command.front().text() ==
                   table_.value("command").at(0).get_ref<const std::string&>()) {
      table_.problem(
          "command",
          "begins with an argument of the job; who enqueues must not choose the program");
    }
  }

  void read_environment() {
    if (!table_.has("environment")) return;
    for (const auto& [name, child] : table_.node("environment")->children) {
      const std::string shown = escape_controls(sanitize_text(name));
      if (name.empty() || name.find('=') != std::string::npos || has_nul(name)) {
        table_.problem("environment",
                       fmt::format("has \"{}\", which is no name of a variable", shown));
      } else if (std::ranges::find(kTaskVariables, name) != kTaskVariables.end()) {
        table_.problem("environment", fmt::format("sets {}, which Stint sets for each job", shown));
      } else if (!child.value.is_string() || has_nul(child.value.get_ref<const std::string&>())) {
        table_.problem("environment", fmt::format("{} is no text; write a string", shown));
      } else if (auto value =
                     parse(child, ".environment." + shown, child.value.get<std::string>())) {
        spec_.environment.emplace_back(name, *std::move(value));
      }
    }
  }

  void read_working_directory() {
    if (!table_.has("working_directory")) return;
    const std::string path = table_.value("working_directory").get<std::string>();
    if (auto parsed = parse(*table_.node("working_directory"), ".working_directory", path)) {
      spec_.working_directory = *std::move(parsed);
    }
  }

  void check_use() {
    for (const ArgumentSpec& spec : task_.args) {
      if (used_.contains(spec.name)) continue;
      table_.problem(fmt::format(
          "argument \"{}\" is used nowhere: write {{{}}} into the command, "
          "the environment or the working directory",
          escape_controls(sanitize_text(spec.name)), escape_controls(sanitize_text(spec.name))));
    }
  }

  const std::string& name_;
  const SettingNode& node_;
  std::vector<std::string>& problems_;
  const CheckedTable table_;
  detail::TaskDeclaration task_;
  CommandSpec spec_;
  std::set<std::string> used_;  // arguments that some text names
};

// [tasks.backup.nightly] makes tables within tables: say what was meant.
bool refuse_unquoted(const std::string& name, const SettingNode& node,
                     std::vector<std::string>& problems) {
  if (name.find('.') != std::string::npos || !node.is_table) return false;
  for (const auto& [child_name, child] : node.children) {
    const auto is_command = [](const auto& entry) { return entry.first == "command"; };
    if (!child.is_table || std::ranges::none_of(child.children, is_command)) continue;
    problems.push_back(fmt::format(
        "{}: tasks.{}.{}: the name of a task is one key; put it in quotes: [tasks.\"{}.{}\"]",
        child.source, name, child_name, name, child_name));
    return true;
  }
  return false;
}

}  // namespace

std::optional<CommandTask> read_command_task(const std::string& name, const SettingNode& node,
                                             std::vector<std::string>& problems) {
  if (refuse_unquoted(name, node, problems)) return std::nullopt;
  const std::size_t before = problems.size();
  TaskReader reader{name, node, problems};
  if (!node.is_table) return std::nullopt;
  std::optional<CommandTask> task = reader.read();
  if (problems.size() != before) return std::nullopt;
  return task;
}

}  // namespace stint
