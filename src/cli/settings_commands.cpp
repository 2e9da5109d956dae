// `settings show` and `settings check`: what is set, from where, and whether it is right.
#include <algorithm>
#include <fmt/format.h>
#include "app/environment.hpp"
#include "app/role_backends.hpp"
#include "base/nearest.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/table.hpp"
#include "config/settings_report.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

class SettingsShow final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("TABLE", table_, "only the keys below this table, or this key").is_required =
        false;
    options.flag({"--help-texts"}, help_, "show what each key is for");
  }

  int run(Context& context) override {
    const Settings& settings = context.settings();
    const std::vector<SettingLine> lines = setting_lines(settings);
    check_is_known(lines);
    if (context.json()) {
      for (const json& line : settings_json(settings)) {
        if (is_wanted(line.at("key").get<std::string>())) context.output().line(line.dump());
      }
      return 0;
    }
    std::vector<Column> columns = {{.title = "KEY"},
                                   {.title = "VALUE", .is_flexible = true},
                                   {.title = "FROM"},
                                   {.title = "VARIABLE"}};
    if (help_) columns.push_back({.title = "HELP", .is_flexible = true});
    Table table{std::move(columns)};
    for (const SettingLine& line : lines) {
      if (!is_wanted(line.key)) continue;
      table.add(
          {{.text = line.key},
           {.text = line.is_set ? line.value : "-"},
           {.text = line.source, .color = line.source == "default" ? Color::kDim : Color::kNone},
           {.text = line.variable},
           {.text = line.help}});
    }
    table.print(context.output(), context.terminal());
    return 0;
  }

 private:
  bool is_wanted(std::string_view key) const {
    return table_.empty() || key == table_ || key.starts_with(table_ + ".");
  }

  void check_is_known(const std::vector<SettingLine>& lines) const {
    std::vector<std::string> known;
    for (const SettingLine& line : lines) {
      if (is_wanted(line.key)) return;
      known.push_back(line.key);
      for (std::size_t dot = 0; (dot = line.key.find('.', dot + 1)) != std::string::npos;) {
        known.push_back(line.key.substr(0, dot));
      }
    }
    throw Error{ErrorCode::kNotFound, fmt::format("there is no setting or table \"{}\"{}", table_,
                                                  did_you_mean(table_, known))};
  }

  std::string table_;
  bool help_ = false;
};

class SettingsCheck final : public Command {
 public:
  void declare(OptionTable& /*options*/, Context& /*context*/,
               std::span<const std::string> /*words*/) override {}

  int run(Context& context) override {
    try {
      return check(context);
    } catch (const ConfigurationError& error) {
      if (context.json()) print_problems(context, error.problems());
      throw;
    } catch (const Error& error) {
      if (context.json()) print_problems(context, {error.what()});
      throw;
    }
  }

 private:
  static void print_problems(Context& context, const std::vector<std::string>& problems) {
    JsonLine line;
    line.boolean("ok", false).list("problems", problems);
    context.output().line(line.str());
  }

  static int check(Context& context) {
    const Settings& settings = context.settings();
    const std::string store = context.store_name();
    std::vector<std::string> problems = check_roles(settings, context.registry().backends());
    if (!problems.empty()) throw ConfigurationError{std::move(problems)};
    const std::vector<SettingLine> lines = setting_lines(settings);
    const auto set = std::ranges::count_if(
        lines, [](const SettingLine& line) { return line.is_set && line.source != "default"; });
    if (context.json()) {
      JsonLine line;
      line.boolean("ok", true)
          .text_or_null("file", settings.file())
          .number("set", std::int64_t{set})
          .text("store", store);
      context.output().line(line.str());
      return 0;
    }
    context.output().line(
        fmt::format("{}: {} keys set, all right; the store is {}",
                    settings.file().empty() ? "no settings file" : settings.file(), set, store));
    return 0;
  }
};

}  // namespace

CommandEntry settings_show_entry() {
  return {
      .text = {.name = "settings show",
               .summary = "Show every setting, its value and where it came from",
               .description = "The command line wins over the environment, that over the "
                              "settings file, that over the defaults. Secrets are shown as ***.",
               .examples = {{"settings show", "all of them"},
                            {"settings show worker --help-texts", "one table, explained"}},
               .exit_codes = {{3, "there is no such key or table"}},
               .uses_store = false},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<SettingsShow>(); }};
}

CommandEntry settings_check_entry() {
  return {.text = {.name = "settings check",
                   .summary = "Check the settings and report every problem at once",
                   .description =
                       "Reads the file and the environment as every command does, and the "
                       "store's URL, and looks at the backends' names and the times of the lock; "
                       "nothing is opened. With --json, {\"ok\":false,\"problems\":[...]} is "
                       "printed where there are problems.",
                   .examples = {{"settings check -s stint.toml", "before it is deployed"}},
                   .uses_store = false},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<SettingsCheck>(); }};
}

}  // namespace stint::cli
