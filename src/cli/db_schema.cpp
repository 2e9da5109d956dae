// `db init`, `db migrate`, `db reset`: a store's tables.
#include <optional>
#include <string_view>
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/read_value.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

/// Tell what was done to the tables, and where they stand now.
void report(Context& context, const std::vector<std::string>& applied, int version) {
  if (context.json()) {
    JsonLine line;
    line.text("store", context.store_name())
        .number("schema_version", std::int64_t{version})
        .list("applied", applied);
    context.output().line(line.str());
    return;
  }
  for (const std::string& name : applied) context.output().line(fmt::format("applied {}", name));
  context.output().line(fmt::format("{} has schema version {}{}", context.store_name(), version,
                                    applied.empty() ? ", as before" : ""));
}

MigrateOptions migrate_options(Context& context) {
  return {.tell = [&context](std::string_view text) { context.note(text); }};
}

class DbInit final : public Command {
 public:
  void declare(OptionTable& /*options*/, Context& /*context*/,
               std::span<const std::string> /*words*/) override {}

  int run(Context& context) override {
    const auto schema = context.schema();
    const std::vector<std::string> applied = schema->migrate(migrate_options(context));
    report(context, applied, schema->version());
    return 0;
  }
};

class DbMigrate final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.flag({"--print"}, print_, "print the statements and change nothing");
    options.add({.names = {"--wait"},
                 .value = "DURATION",
                 .help = "how long to try to get locks that other sessions hold",
                 .default_text = "1m",
                 .set = [this](std::string_view text) { patience_ = read_duration(text); }});
  }

  int run(Context& context) override {
    const auto schema = context.schema();
    if (print_) {
      context.output().write(schema->migration_script());
      return 0;
    }
    if (schema->version() == 0) {
      throw Error{ErrorCode::kConfiguration,
                  fmt::format("{} has no tables to migrate; make them with `{} db init`",
                              context.store_name(), context.program())};
    }
    MigrateOptions options = migrate_options(context);
    if (patience_) options.patience = *patience_;
    const std::vector<std::string> applied = schema->migrate(options);
    report(context, applied, schema->version());
    return 0;
  }

 private:
  bool print_ = false;
  std::optional<milliseconds> patience_;
};

class DbReset final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.flag({"--yes"}, yes_, "yes, drop all jobs");
  }

  int run(Context& context) override {
    if (!yes_) {
      throw Error{
          ErrorCode::kUsage,
          fmt::format("this drops every job, log and worker of {}; if that is meant, say --yes",
                      context.store_name())};
    }
    const auto schema = context.schema();
    const bool has_tables = schema->version() != 0;
    schema->reset();
    if (context.json()) {
      JsonLine line;
      line.text("store", context.store_name())
          .number("schema_version", std::int64_t{0})
          .boolean("dropped", has_tables);
      context.output().line(line.str());
    } else if (!has_tables) {
      context.output().line(fmt::format("{} has no tables to drop", context.store_name()));
    } else {
      context.output().line(fmt::format("dropped the tables of {}", context.store_name()));
    }
    return 0;
  }

 private:
  bool yes_ = false;
};

}  // namespace

CommandEntry db_init_entry() {
  return {.text = {.name = "db init",
                   .summary = "Make the store's tables",
                   .description = "Brings tables that are older to the newest version too. SQLite "
                                  "files are made and brought up to date at their first use; only "
                                  "PostgreSQL needs this.",
                   .examples = {{"db init", "on the store of the settings"},
                                {"db init --store postgresql://localhost/app",
                                 "on this one; the tables go to its schema `stint`"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<DbInit>(); }};
}

CommandEntry db_migrate_entry() {
  return {
      .text = {.name = "db migrate",
               .summary = "Bring the store's tables to this version of Stint",
               .description =
                   "Workers and clients go on meanwhile: none of them waits for longer than half "
                   "a second. What cannot have its locks so soon is undone and tried again, and "
                   "the session that is in the way is named. It can be run again at any time, "
                   "from several places at once, and after it was killed.",
               .examples = {{"db migrate", "each migration in a transaction of its own"},
                            {"db migrate --print > change.sql",
                             "see what would be run, or run it by hand"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<DbMigrate>(); }};
}

CommandEntry db_reset_entry() {
  return {.text = {.name = "db reset",
                   .summary = "Drop the store's tables with all jobs",
                   .description = "Stop the workers first. `db init` makes the tables anew.",
                   .examples = {{"db reset --yes", "for good"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<DbReset>(); }};
}

}  // namespace stint::cli
