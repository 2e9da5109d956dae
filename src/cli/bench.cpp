// `bench`: what a store gives, in figures and in words.
#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>
#include <fmt/format.h>
#include "app/store_bench.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/progress_line.hpp"
#include "cli/signals.hpp"
#include "cli/table.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kMostJobs = 10'000'000;
constexpr int kMostRounds = 100;
constexpr int kMostSlots = 1024;
constexpr int kMostArgumentBytes = 1'000'000;
constexpr std::size_t kProgressSteps = 100;

class Bench final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.integer({"--jobs", "-n"}, jobs_, 1, kMostJobs, "jobs of each bulk enqueue and drain")
        .default_text = "10000";
    options.integer({"--rounds"}, rounds_, 1, kMostRounds, "measure so often; medians are told")
        .default_text = "3";
    options.add({.names = {"--slots"},
                 .value = "LIST",
                 .help = "drain with a worker of so many slots; several: 1,2,4,8",
                 .default_text = "the number of cores",
                 .set = [this](std::string_view text) { read_slots(text); }});
    options.integer({"--bytes"}, bytes_, 0, kMostArgumentBytes, "bytes of arguments of each job")
        .default_text = "0";
  }

  int run(Context& context) override {
    StoreBenchOptions options{.slots = slots_};
    options.jobs = jobs_.value_or(options.jobs);
    options.rounds = rounds_.value_or(options.rounds);
    options.arg_bytes = static_cast<std::size_t>(bytes_.value_or(0));
    std::stop_source stop;
    const SignalWatcher signals{[&stop](int /*signal*/, int /*count*/) { stop.request_stop(); }};
    const std::vector<BenchFigure> figures = measure(context, options, stop.get_token());
    if (signals.first_signal() != 0) {
      context.note("interrupted; its jobs are removed");
      return kSignalExit + signals.first_signal();
    }
    if (context.json()) {
      print_json(context, figures);
    } else {
      print(context, figures, options.jobs);
    }
    return 0;
  }

 private:
  void read_slots(std::string_view text) {
    slots_.clear();
    while (true) {
      const std::size_t comma = text.find(',');
      slots_.push_back(static_cast<int>(parse_whole_number(text.substr(0, comma), 1, kMostSlots)));
      if (comma == std::string_view::npos) return;
      text.remove_prefix(comma + 1);
    }
  }

  static std::vector<BenchFigure> measure(Context& context, const StoreBenchOptions& options,
                                          const std::stop_token& stop) {
    ProgressLine line{context.terminal().error_is_terminal, "measuring", kProgressSteps};
    return bench_store(
        context.settings(), {}, options,
        [&line](std::string_view /*what*/, double share) {
          line.update(static_cast<std::size_t>(share * static_cast<double>(kProgressSteps)));
        },
        stop);
  }

  static std::string_view unit_name(BenchUnit unit) {
    return unit == BenchUnit::kJobsPerSecond ? "jobs/s" : "ms";
  }
  static std::string number(double value, BenchUnit unit) {
    return unit == BenchUnit::kJobsPerSecond ? fmt::format("{:.0f}", value)
                                             : fmt::format("{:.2f}", value);
  }
  static std::string title(const BenchFigure& one, int jobs) {
    if (one.name == "enqueue") return "enqueue, one a transaction";
    if (one.name == "bulk") {
      return fmt::format("enqueue, {} a transaction", std::min(jobs, kBenchBulk));
    }
    if (one.name == "start") return "from enqueue to start, worker idle";
    return fmt::format("execute, {} slot{}", one.slots, one.slots == 1 ? "" : "s");
  }

  static void print(Context& context, const std::vector<BenchFigure>& figures, int jobs) {
    Table table{{{.title = "FIGURE"},
                 {.title = "MEDIAN", .is_right = true},
                 {.title = "LEAST", .is_right = true},
                 {.title = "GREATEST", .is_right = true},
                 {.title = "UNIT"},
                 {.title = "P99", .is_right = true}}};
    for (const BenchFigure& one : figures) {
      table.add({{title(one, jobs)},
                 {number(one.median, one.unit)},
                 {number(one.least, one.unit)},
                 {number(one.greatest, one.unit)},
                 {std::string{unit_name(one.unit)}},
                 {one.p99 ? fmt::format("{:.2f} ms", *one.p99) : "-"}});
    }
    table.print(context.output(), context.terminal());
    context.output().line("");
    for (const std::string& line : bench_verdict(figures)) context.output().line(line);
  }

  static void print_json(Context& context, const std::vector<BenchFigure>& figures) {
    for (const BenchFigure& one : figures) {
      JsonLine line;
      line.text("figure", one.name).text("unit", unit_name(one.unit));
      line.number("median", std::optional{one.median}).number("least", std::optional{one.least});
      line.number("greatest", std::optional{one.greatest});
      line.number("p50_ms", one.p50).number("p99_ms", one.p99);
      if (one.slots > 0) line.number("slots", std::int64_t{one.slots});
      context.output().line(line.str());
    }
    JsonLine last;
    last.list("verdict", bench_verdict(figures));
    context.output().line(last.str());
  }

  std::optional<int> jobs_;
  std::optional<int> rounds_;
  std::optional<int> bytes_;
  std::vector<int> slots_;
};

}  // namespace

CommandEntry bench_entry() {
  return {
      .text = {.name = "bench",
               .summary = "Measure what a store gives",
               .description =
                   "Enqueues jobs one by one and in bulk, executes them by a worker in this "
                   "process, and takes the time from an enqueue to the start of its job; then says "
                   "in words what that means. The jobs do nothing, are in a domain of their own "
                   "that no other worker serves, and are removed at the end, also after SIGINT. "
                   "Other work on the store goes on, and both are slower for it. Its workers stay "
                   "listed as stopped for a while, and what `db status` tells of the last minute "
                   "is of them, too.",
               .examples = {{"bench", "the default store, about ten seconds"},
                            {"bench --slots 1,2,4,8 --bytes 1000",
                             "how it grows with slots, with 1 kB of arguments"},
                            {"bench --store sqlite:/mnt/disk/try.db --rounds 1",
                             "another place, once"}},
               .exit_codes = {{0, "it was measured"},
                              {75, "a drain took longer than 30 s"},
                              {130, "stopped by SIGINT"},
                              {143, "stopped by SIGTERM"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<Bench>(); }};
}

}  // namespace stint::cli
