// `worker list`: who works on the store.
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "cli/watch.hpp"
#include "core/store.hpp"

namespace stint::cli {
namespace {

std::string_view name_of(WorkerState state) {
  switch (state) {
    case WorkerState::kAlive:
      return "alive";
    case WorkerState::kStopped:
      return "stopped";
    case WorkerState::kDead:
      return "dead";
  }
  return "";
}

std::string worker_json(const WorkerRecord& worker) {
  JsonLine line;
  line.number("id", worker.id.value)
      .text("state", name_of(worker.state))
      .text("node", worker.info.node)
      .text("host", worker.info.host)
      .number("pid", std::int64_t{worker.info.pid})
      .number("slots", std::int64_t{worker.info.slots})
      .text("domains", worker.info.domains)
      .text("version", worker.info.version)
      .number("running", std::int64_t{worker.running})
      .raw("started_at", time_json(worker.started_at))
      .raw("beat_at", time_json(worker.beat_at));
  return line.str();
}

class WorkerList final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.flag({"--all", "-a"}, all_, "also those that have stopped or died");
    watch_.declare(options);
  }

  int run(Context& context) override {
    if (watch_.is_asked()) {
      return watch_.run(context, "worker list", [&] { return Look{.content = list(context)}; });
    }
    list(context);
    return 0;
  }

 private:
  /// Print the workers; returns what they are without their beats.
  std::string list(Context& context) const {
    const std::vector<WorkerRecord> workers = context.store().list_workers(!all_);
    std::string content = "workers";
    for (const WorkerRecord& worker : workers) {
      content += fmt::format("\n{} {} {}", worker.id.value, name_of(worker.state), worker.running);
    }
    if (context.json()) {
      for (const WorkerRecord& worker : workers) context.output().line(worker_json(worker));
    } else {
      print_table(context, workers);
    }
    return content;
  }

  static void print_table(Context& context, const std::vector<WorkerRecord>& workers) {
    const Terminal& terminal = context.terminal();
    Table table{{{.title = "ID", .is_right = true},
                 {.title = "STATE"},
                 {.title = "NODE", .is_flexible = true},
                 {.title = "PID", .is_right = true},
                 {.title = "SLOTS", .is_right = true},
                 {.title = "RUNNING", .is_right = true},
                 {.title = "DOMAINS", .is_flexible = true},
                 {.title = "STARTED"},
                 {.title = "BEAT"}}};
    for (const WorkerRecord& worker : workers) {
      table.add({{.text = std::to_string(worker.id.value)},
                 {.text = std::string{name_of(worker.state)},
                  .color = worker.state == WorkerState::kDead ? Color::kRed : Color::kNone},
                 {.text = worker.info.node},
                 {.text = std::to_string(worker.info.pid)},
                 {.text = std::to_string(worker.info.slots)},
                 {.text = std::to_string(worker.running)},
                 {.text = worker.info.domains},
                 {.text = shown_time(worker.started_at, terminal)},
                 {.text = shown_time(worker.beat_at, terminal)}});
    }
    table.print(context.output(), terminal);
  }

  Watch watch_;
  bool all_ = false;
};

}  // namespace

CommandEntry worker_list_entry() {
  return {
      .text = {.name = "worker list",
               .summary = "List the workers of the store",
               .description = "A worker whose process has died is listed as alive until another "
                              "worker has noticed, which takes about one lease (30 seconds).",
               .examples = {{"worker list", "who works now"},
                            {"worker list --watch", "and who comes and goes, until Ctrl-C"},
                            {"worker list --all --json", "for programs, the past ones too"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<WorkerList>(); }};
}

}  // namespace stint::cli
