// `db status`: how full the store is.
#include <algorithm>
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "cli/watch.hpp"
#include "core/store.hpp"

namespace stint::cli {
namespace {

double seconds_between(StoreTime from, StoreTime to) {
  return std::chrono::duration<double>(to - from).count();
}

/// "~" stands before what is estimated.
std::string number_of(const StoreStatus::Count& count, const StoreStatus& status) {
  const bool is_estimate = status.is_ended_estimated && is_final(count.state);
  return (is_estimate ? "~" : "") + std::to_string(count.jobs);
}

/// Since when the longest due job waits, in the row of the queued ones.
std::string oldest_of(const StoreStatus::Count& count, const StoreStatus& status,
                      const Terminal& terminal) {
  if (count.state != JobState::kQueued) return {};
  const auto due = std::ranges::find(status.oldest_due, count.domain, &StoreStatus::Due::domain);
  if (due == status.oldest_due.end()) return {};
  return shown_time(due->since, terminal, status.now);
}

std::optional<double> quantile_seconds(const HistogramSnapshot& histogram, double share) {
  const auto value = histogram.quantile(share);
  if (!value) return std::nullopt;
  return std::chrono::duration<double>(*value).count();
}

std::string quantiles_json(const HistogramSnapshot& histogram) {
  JsonLine line;
  line.number("p50", quantile_seconds(histogram, 0.5))
      .number("p90", quantile_seconds(histogram, 0.9))
      .number("p99", quantile_seconds(histogram, 0.99));
  return line.str();
}

std::string recent_json(const StoreStatus::Recent& recent) {
  JsonLine line;
  line.number("enqueued_per_second", std::optional{recent.enqueued_per_second})
      .number("claimed_per_second", std::optional{recent.claimed_per_second})
      .number("completed_per_second", std::optional{recent.completed_per_second})
      .number("failed_per_second", std::optional{recent.failed_per_second})
      .number("fenced", recent.fenced)
      .number("fenced_total", recent.fenced_total)
      .raw("wait_seconds", quantiles_json(recent.wait))
      .raw("run_seconds", quantiles_json(recent.run));
  return line.str();
}

std::string quantiles_text(const HistogramSnapshot& histogram) {
  const auto text = [&](double share) {
    const auto value = histogram.quantile(share);
    return value ? short_duration(*value) : "-";
  };
  return fmt::format("{} / {} / {}", text(0.5), text(0.9), text(0.99));
}

/// A sentence, in as many lines as a narrow terminal needs.
void print_sentence(Context& context, const std::string& text) {
  const std::size_t width = context.terminal().width;
  context.output().line(width == 0 ? text : wrapped(text, 2, width));
}

void print_recent(Context& context, const StoreStatus::Recent& recent) {
  print_sentence(context,
                 fmt::format("last minute: {:.3g}/s enqueued, {:.3g}/s claimed, {:.3g}/s completed "
                             "({:.3g}/s failed), {} "
                             "fenced",
                             recent.enqueued_per_second, recent.claimed_per_second,
                             recent.completed_per_second, recent.failed_per_second, recent.fenced));
  if (recent.run.count() == 0) return;
  print_sentence(context, fmt::format("half / 90 % / 99 % of them waited {} and ran {}",
                                      quantiles_text(recent.wait), quantiles_text(recent.run)));
}

void print_json(Context& context, const StoreStatus& status) {
  std::string counts = "[";
  for (const StoreStatus::Count& count : status.counts) {
    JsonLine line;
    line.text("domain", count.domain)
        .text("state", to_string(count.state))
        .number("jobs", count.jobs);
    counts += (counts.size() > 1 ? "," : "") + line.str();
  }
  std::string oldest = "[";
  for (const StoreStatus::Due& due : status.oldest_due) {
    JsonLine line;
    line.text("domain", due.domain)
        .raw("since", time_json(due.since))
        .number("age_seconds", std::optional{seconds_between(due.since, status.now)});
    oldest += (oldest.size() > 1 ? "," : "") + line.str();
  }
  JsonLine workers;
  workers.number("alive", status.workers.alive)
      .number("stopped", status.workers.stopped)
      .number("dead", status.workers.dead);
  JsonLine line;
  line.text("backend", status.backend)
      .text("location", status.location)
      .number("schema_version", std::int64_t{status.schema_version})
      .number("newest_schema_version", std::int64_t{status.newest_schema_version})
      .raw("oldest_due", time_json(status.longest_due()))
      .raw("now", time_json(status.now))
      .raw("jobs", counts + "]")
      .boolean("ended_estimated", status.is_ended_estimated)
      .raw("oldest_due_by_domain", oldest + "]")
      .raw("workers", workers.str())
      .raw("last_minute", recent_json(status.recent));
  context.output().line(line.str());
}

void print_text(Context& context, const StoreStatus& status) {
  const Terminal& terminal = context.terminal();
  const std::string place = fmt::format("{} {}", status.backend, printable(status.location));
  context.output().line(terminal.width == 0 ? place : truncated(place, terminal.width));
  print_sentence(context, fmt::format("schema version {} (this program knows {})",
                                      status.schema_version, status.newest_schema_version));
  const std::optional<StoreTime> longest = status.longest_due();
  print_sentence(context,
                 longest ? fmt::format("longest due: {}", shown_time(longest, terminal, status.now))
                         : "no job is due");
  print_sentence(context,
                 fmt::format("workers: {} alive, {} stopped, {} dead", status.workers.alive,
                             status.workers.stopped, status.workers.dead));
  print_recent(context, status.recent);
  context.output().line("");
  Table table{{{.title = "DOMAIN"},
               {.title = "STATE"},
               {.title = "JOBS", .is_right = true},
               {.title = "LONGEST DUE"}}};
  for (const StoreStatus::Count& count : status.counts) {
    table.add({{.text = count.domain},
               state_cell(count.state),
               {.text = number_of(count, status)},
               {.text = oldest_of(count, status, terminal)}});
  }
  table.print(context.output(), terminal);
}

/// What the status says without what changes by itself.
std::string content_of(const StoreStatus& status) {
  std::string content = fmt::format("{} {} {} {}", status.schema_version, status.workers.alive,
                                    status.workers.stopped, status.workers.dead);
  for (const StoreStatus::Count& count : status.counts) {
    content += fmt::format(" {} {} {}", count.domain, to_string(count.state), count.jobs);
  }
  const StoreStatus::Recent& recent = status.recent;
  return content + fmt::format(" {:.3g} {:.3g} {:.3g} {:.3g} {}", recent.enqueued_per_second,
                               recent.claimed_per_second, recent.completed_per_second,
                               recent.failed_per_second, recent.fenced);
}

class DbStatus final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    watch_.declare(options);
  }

  int run(Context& context) override {
    const auto show = [&] {
      const StoreStatus status = context.store().status();
      context.json() ? print_json(context, status) : print_text(context, status);
      return Look{.content = content_of(status)};
    };
    if (watch_.is_asked()) return watch_.run(context, "db status", show);
    show();
    return 0;
  }

 private:
  Watch watch_;
};

}  // namespace

CommandEntry db_status_entry() {
  return {.text = {.name = "db status",
                   .summary = "Show the store's version, how many jobs it holds and its workers",
                   .description =
                       "Finished jobs are counted exactly up to 100,000; beyond that their "
                       "numbers are estimated by the newest ones, which a ~ says. What happened "
                       "within the last minute is as workers tell with their beats: up to "
                       "10 seconds late.",
                   .examples = {{"db status", "jobs by domain and state, and the longest due ones"},
                                {"db status --watch=5", "every 5 seconds, until Ctrl-C"},
                                {"db status --json", "the same for a monitor"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<DbStatus>(); }};
}

}  // namespace stint::cli
