// `db status`: how full the store is.
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "core/store.hpp"

namespace stint::cli {
namespace {

void print_json(Context& context, const StoreStatus& status) {
  std::string counts = "[";
  for (const StoreStatus::Count& count : status.counts) {
    JsonLine line;
    line.text("domain", count.domain)
        .text("state", to_string(count.state))
        .number("jobs", count.jobs);
    counts += (counts.size() > 1 ? "," : "") + line.str();
  }
  JsonLine line;
  line.text("backend", status.backend)
      .text("location", status.location)
      .number("schema_version", std::int64_t{status.schema_version})
      .number("newest_schema_version", std::int64_t{status.newest_schema_version})
      .raw("oldest_due", time_json(status.oldest_due))
      .raw("now", time_json(status.now))
      .raw("jobs", counts + "]");
  context.output().line(line.str());
}

void print_text(Context& context, const StoreStatus& status) {
  const Terminal& terminal = context.terminal();
  context.output().line(fmt::format("{} {}", status.backend, printable(status.location)));
  context.output().line(fmt::format("schema version {} (this program knows {})",
                                    status.schema_version, status.newest_schema_version));
  context.output().line(
      status.oldest_due
          ? fmt::format("longest due: {}", shown_time(status.oldest_due, terminal, status.now))
          : "no job is due");
  context.output().line("");
  Table table{{{.title = "DOMAIN"}, {.title = "STATE"}, {.title = "JOBS", .is_right = true}}};
  for (const StoreStatus::Count& count : status.counts) {
    table.add(
        {{.text = count.domain}, state_cell(count.state), {.text = std::to_string(count.jobs)}});
  }
  table.print(context.output(), terminal);
}

class DbStatus final : public Command {
 public:
  void declare(OptionTable& /*options*/, Context& /*context*/,
               std::span<const std::string> /*words*/) override {}

  int run(Context& context) override {
    const StoreStatus status = context.store().status();
    context.json() ? print_json(context, status) : print_text(context, status);
    return 0;
  }
};

}  // namespace

CommandEntry db_status_entry() {
  return {
      .text = {.name = "db status",
               .summary = "Show the store's version and how many jobs it holds",
               .examples = {{"db status", "jobs by domain and state, and the longest due one"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<DbStatus>(); }};
}

}  // namespace stint::cli
