#include "cli/context.hpp"
#include <cstdlib>
#include <limits>
#include <utility>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "app/environment.hpp"
#include "app/module_place.hpp"
#include "app/modules.hpp"
#include "base/url.hpp"
#include "config/load_settings.hpp"
#include "config/logging.hpp"
#include "core/registry.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {

void declare_global_options(OptionTable& options, GlobalOptions& to) {
  options.text({"--settings", "-s"}, "FILE", to.settings_file, "read these settings (TOML)")
      .default_text = "$STINT_SETTINGS, ./stint.toml, ~/.config/stint/stint.toml";
  options.text({"--store"}, "URL|NAME", to.store, "use this store: a URL or a name of [stores]")
      .default_text = "[stores] default";
  options
      .list({"--module"}, "FILE|NAME", to.modules,
            "load the tasks of this module file; may be repeated")
      .default_text = "[modules] load";
  options.flag({"--json"}, to.json, "print results as JSON, one object a line");
  options.flag({"--no-color"}, to.no_color, "print no colours (NO_COLOR=1 does the same)");
  Option& level = options.text({"--log-level"}, "LEVEL", to.log_level,
                               "log from debug, info, warning or error on");
  level.default_text = "[logging] level";
  level.choices = {"debug", "info", "warning", "error"};
  options.flag({"--help", "-h"}, to.help, "show this help");
  for (const char* name :
       {"--settings", "--store", "--module", "--json", "--no-color", "--log-level", "-h"}) {
    options.find(name)->is_global = true;
  }
}

void read_global_options(std::span<const std::string> words, GlobalOptions& to) {
  OptionTable options;
  declare_global_options(options, to);
  for (std::size_t at = 0; at < words.size() && words[at] != "--"; ++at) {
    const std::string_view word = words[at];
    const std::size_t equals = word.find('=');
    Option* const option = word.starts_with('-') ? options.find(word.substr(0, equals)) : nullptr;
    if (option == nullptr) continue;
    if (option->value.empty()) {
      option->set("true");
    } else if (equals != std::string_view::npos) {
      option->set(word.substr(equals + 1));
    } else if (at + 1 < words.size()) {
      option->set(words[++at]);
    }
  }
}

Context::Context(std::string program, std::span<const ModuleDefinition> modules)
    : program_(std::move(program)),
      modules_(modules.begin(), modules.end()),
      own_modules_(modules.size()) {}
Context::~Context() = default;

const Terminal& Context::terminal() {
  if (!terminal_) terminal_ = std::make_unique<Terminal>(find_terminal(global_.no_color));
  return *terminal_;
}

void Context::note(std::string_view text) {
  // Both may be the same terminal: what was printed before is to stand before.
  if (terminal().output_is_terminal) output_.flush();
  write_error_line(text);
}

void Context::load_modules(std::span<const std::string> words) {
  GlobalOptions early;
  read_global_options(words, early);
  modules_.erase(modules_.begin() + static_cast<std::ptrdiff_t>(own_modules_), modules_.end());
  registry_.reset();
  const std::span<const ModuleDefinition> own{modules_};
  std::vector<std::string> problems;
  const Settings settings =
      read_settings(LoadOptions{.file = early.settings_file}, {}, UnknownSettings::kKept, problems);
  if (!problems.empty()) {
    if (early.modules.empty()) return;
    throw ConfigurationError{std::move(problems)};
  }
  const char* const named = std::getenv("STINT_SETTINGS");  // NOLINT(concurrency-mt-unsafe)
  const bool is_named = !early.settings_file.empty() || (named != nullptr && *named != '\0') ||
                        settings.file().starts_with('/');
  const std::vector<ModuleDefinition> loaded =
      stint::load_modules(settings, is_named ? SettingsFile::kNamed : SettingsFile::kFound,
                          early.modules, own, problems);
  if (!problems.empty()) throw ConfigurationError{std::move(problems)};
  modules_.insert(modules_.end(), loaded.begin(), loaded.end());
}

std::vector<std::string> Context::module_names() {
  std::vector<std::string> ignored;  // who loads one hears of them
  return stint::module_names(module_folders(settings(), SettingsFile::kNamed, ignored));
}

const Registry& Context::registry() { return environment()->registry(); }

const Registry& Context::module_registry() {
  if (environment_) return environment_->registry();
  if (!registry_) {
    std::vector<std::string> problems;
    std::shared_ptr<const Registry> registry = Registry::build(modules_, problems);
    if (!problems.empty()) throw ConfigurationError{std::move(problems)};
    registry_ = std::move(registry);
  }
  return *registry_;
}

Settings Context::load() const {
  return load_settings_for(LoadOptions{.file = global_.settings_file, .command_line = overrides_},
                           modules_);
}

const Settings& Context::settings() {
  if (settings_) return *settings_;
  if (!global_.log_level.empty()) overrides_.emplace_back("logging.level", global_.log_level);
  Settings settings = load();
  if (!global_.store.empty()) {
    // As a setting, so that a task's or a command's own clients and workers use it too.
    overrides_.emplace_back("stores.default", resolve_store(settings, global_.store));
    settings = load();
  }
  settings_ = std::make_unique<Settings>(std::move(settings));
  configure_logging(*settings_);
  return *settings_;
}

const std::shared_ptr<Environment>& Context::environment() {
  if (!environment_) {
    environment_ = std::make_shared<Environment>(settings(), modules_);
  }
  return environment_;
}

void Context::require_lasting_store() {
  if (!is_of_one_process(environment()->store_url())) return;
  throw Error{
      ErrorCode::kConfiguration,
      fmt::format("the store \"{}\" is in the memory of the process that opens it: nothing "
                  "is in it when a command begins, and what it leaves there is lost when it "
                  "ends; use --store sqlite:FILE here. It serves a program that enqueues "
                  "and works itself, and `worker run`",
                  store_name())};
}

Store& Context::store() {
  require_lasting_store();
  return environment()->store();
}

std::unique_ptr<StoreSchema> Context::schema() {
  require_lasting_store();
  return open_schema(StoreOptions{.url = environment()->store_url()});
}

std::string Context::store_name() { return redacted(environment()->store_url()); }

JobRecord Context::find_job(JobId id) {
  std::optional<JobRecord> job = store().find_job(id);
  if (!job) {
    throw Error{ErrorCode::kNotFound,
                fmt::format("there is no job {} in {}: it was never enqueued there, or was removed "
                            "after its retention; `{} job list` shows what there is",
                            id.value, store_name(), program_)};
  }
  return *std::move(job);
}

JobId parse_job_id(std::string_view text) {
  std::int64_t value = 0;
  try {
    value = parse_whole_number(text, 1, std::numeric_limits<std::int64_t>::max());
  } catch (const Error&) {
    throw Error{ErrorCode::kUsage, fmt::format("\"{}\" is no job's number (1, 2, 3, ...)", text)};
  }
  return JobId{value};
}

}  // namespace stint::cli
