#include "config/resolve_settings.hpp"
#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <fmt/format.h>
#include "base/log.hpp"
#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "config/builtin_settings.hpp"
#include "config/check_settings_together.hpp"
#include "config/command_tasks.hpp"
#include "config/setting_value.hpp"

namespace stint {
namespace {

constexpr std::string_view kTasks = "tasks";

std::string below(const std::string& table, const std::string& name) {
  return fmt::format("{}.{}", table, name);
}

class Resolver final {
 public:
  Resolver(detail::SettingsState& state, UnknownSettings unknown,
           std::vector<std::string>& problems)
      : state_(state), known_(state.known), unknown_(unknown), problems_(problems) {}

  void add_defaults() {
    for (const SettingSpec& spec : known_.specs()) {
      if (spec.default_value) place_checked(spec, spec.key, *spec.default_value, "default");
    }
    for (const auto& [key, value] : state_.sources->defaults) {
      state_.values[key] = {.value = value, .source = "default"};
    }
  }

  void add_file() {
    for (const auto& [name, child] : state_.sources->file.children) place(name, child, 1);
  }

  void add_environment() {
    std::vector<Text> texts;
    for (const auto& [variable, text] : state_.sources->environment) {
      const std::string source = "environment " + variable;
      if (const std::optional<std::string> key = known_.key_of(variable)) {
        texts.push_back({.key = *key, .text = text, .source = source});
      } else {
        refuse_variable(variable, source);
      }
    }
    add_texts(texts);
  }

  void add_command_line() {
    std::vector<Text> texts;
    for (const auto& [key, text] : state_.sources->command_line) {
      texts.push_back({.key = key, .text = text, .source = "command line"});
    }
    add_texts(texts);
  }

  /// Once all sources were read: a later one replaces a task as a whole.
  void add_tasks() {
    for (const auto& [name, node] : tasks_) {
      state_.values[fmt::format("{}.{}", kTasks, name)] = {.value = node.to_json(),
                                                           .source = node.source};
      if (auto task = read_command_task(name, node, problems_)) {
        state_.commands.push_back(*std::move(task));
      }
    }
  }

  void require() {
    for (const SettingSpec& spec : known_.specs()) {
      if (!spec.required || state_.values.contains(spec.key) || failed_.contains(spec.key))
        continue;
      problems_.push_back(fmt::format(
          "there is no value for {}{}; set it in stint.toml, or in the environment as {}", spec.key,
          spec.help.empty() ? "" : " (" + spec.help + ")", environment_twin(spec.key)));
    }
  }

 private:
  struct Text {
    std::string key;
    std::string text;
    std::string source;
  };

  // Whole tables first: what is said of a single key, or of a table within, wins over them.
  void add_texts(const std::vector<Text>& texts) {
    std::multimap<std::ptrdiff_t, const Text*> by_depth;
    for (const Text& text : texts) {
      by_depth.emplace(std::ranges::count(text.key, '.'), &text);
    }
    for (const auto& [depth, text] : by_depth) place_text(*text);
  }

  void place_text(const Text& text) {
    if (!is_valid_utf8(text.text) || has_nul(text.text)) {
      problem(text.source, fmt::format("{} is not UTF-8 text without NUL; correct it", text.key));
      return;
    }
    const SettingSpec* const spec = known_.find(text.key);
    if (spec != nullptr && !is_task(text.key)) {
      std::optional<json> value = value_from_text(*spec, text.text);
      if (value) {
        state_.values[text.key] = {.value = *std::move(value), .source = text.source};
      } else {
        refuse_value(*spec, text.key, text.text, text.source);
      }
      return;
    }
    if (spec == nullptr && !known_.is_table(text.key)) {
      refuse_key(text.key, text.source);
      return;
    }
    const std::optional<json> table = json_from_text(text.text);
    if (!table || !table->is_object()) {
      problem(text.source,
              fmt::format("the table {} is not a JSON object; write it as {{\"name\": value}}",
                          text.key));
      return;
    }
    place(text.key, node_from_json(*table, text.source), 1);
  }

  void place(const std::string& key, const SettingNode& node, int depth) {
    if (is_task(key)) {
      tasks_[key.substr(kTasks.size() + 1)] = node;
      return;
    }
    const SettingSpec* spec = known_.find(key);
    // Below a `*`, a table is a name with dots: [logging.levels.worker] claimer = "debug".
    const bool any_name = spec != nullptr && spec->key != key;
    if (spec != nullptr && !(any_name && node.is_table)) {
      place_checked(*spec, key, node.to_json(), node.source);
    } else if (any_name || known_.is_table(key)) {
      place_table(key, node, depth);
    } else if (unknown_ == UnknownSettings::kKept && node.is_table && may_be_declared(key, depth)) {
      keep(key, node, depth);
    } else {
      refuse_key(key, node.source, node.is_table);
    }
  }

  /// Tables of a module's own, and those of its backends.
  bool may_be_declared(const std::string& key, int depth) const {
    return depth == 1 || (is_of_own_backend(key + ".") && known_.suggest_key(key).empty());
  }

  static bool is_task(std::string_view key) {
    return key.starts_with(kTasks) && key.size() > kTasks.size() && key[kTasks.size()] == '.';
  }

  void place_table(const std::string& key, const SettingNode& node, int depth) {
    if (!node.is_table) {
      problem(node.source,
              fmt::format("{} is {}; write a table", key, shown_value(node.value, false)));
      return;
    }
    if (depth == kDeepestSetting) {
      problem(node.source, fmt::format("{} is nested too deeply; write a simpler table", key));
      return;
    }
    for (const auto& [name, child] : node.children) place(below(key, name), child, depth + 1);
  }

  void keep(const std::string& key, const SettingNode& node, int depth) {
    if (!node.is_table) {
      state_.values[key] = {.value = node.value, .source = node.source};
    } else if (depth < kDeepestSetting) {
      for (const auto& [name, child] : node.children) keep(below(key, name), child, depth + 1);
    }
  }

  void place_checked(const SettingSpec& spec, const std::string& key, const json& value,
                     const std::string& source) {
    if (std::optional<json> checked = checked_value(spec, value)) {
      state_.values[key] = {.value = *std::move(checked), .source = source};
    } else {
      refuse_value(spec, key, value, source);
    }
  }

  void refuse_value(const SettingSpec& spec, const std::string& key, const json& value,
                    const std::string& source) {
    std::string near;
    if (value.is_string() && !spec.choices.empty() && !spec.secret) {
      std::vector<std::string> choices;
      for (const json& choice : spec.choices) {
        if (choice.is_string()) choices.push_back(choice.get<std::string>());
      }
      near = did_you_mean(value.get_ref<const std::string&>(), choices);
    }
    failed_.insert(key);
    problem(source, fmt::format("{} is {}{}; write {}", key, shown_value(value, spec.secret), near,
                                expectation(spec)));
  }

  void refuse_key(const std::string& key, const std::string& source, bool is_table = false) {
    const bool own = is_table && key.find('.') == std::string::npos;
    problem(source, fmt::format("there is no {} \"{}\"{}; {}", is_table ? "table" : "setting",
                                escape_controls(sanitize_text(key)), known_.suggest_key(key),
                                own ? "correct its name, or declare its keys in a module"
                                    : "correct its name or leave it out"));
  }

  void refuse_variable(std::string_view variable, const std::string& source) {
    const std::string near = known_.suggest_variable(variable);
    // Kept: it may be the twin of a key that a module declares, unless it is plainly a slip.
    if (unknown_ == UnknownSettings::kKept && near.empty()) return;
    problem(source, fmt::format("there is no such setting{}; correct its name or unset it", near));
  }

  void problem(const std::string& source, const std::string& text) {
    problems_.push_back(source + ": " + text);
  }

  detail::SettingsState& state_;
  const KnownSettings& known_;
  UnknownSettings unknown_;
  std::vector<std::string>& problems_;
  std::map<std::string, SettingNode> tasks_;  // by name
  std::set<std::string> failed_;  // keys that have a value, though not one that can be used
};

}  // namespace

std::shared_ptr<const detail::SettingsState> resolve_settings(
    std::shared_ptr<const SettingsSources> sources, std::span<const SettingSpec> declared,
    UnknownSettings unknown, std::vector<std::string>& problems) {
  auto state = std::make_shared<detail::SettingsState>(detail::SettingsState{
      .sources = std::move(sources), .known = KnownSettings{declared, &problems}});
  Resolver resolver{*state, unknown, problems};
  resolver.add_defaults();
  resolver.add_file();
  resolver.add_environment();
  resolver.add_command_line();
  resolver.add_tasks();
  if (unknown == UnknownSettings::kRefused) resolver.require();
  check_settings_together(*state, problems);
  // Names of variables and keys may hold any bytes; what is told of them is text.
  for (std::string& problem : problems) problem = sanitize_text(problem);
  return state;
}

}  // namespace stint
