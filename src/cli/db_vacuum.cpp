// `db vacuum`: remove what is finished and old.
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/progress_line.hpp"
#include "cli/read_value.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

class DbVacuum final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.flag({"--jobs"}, jobs_, "remove finished jobs");
    options.flag({"--workers"}, workers_, "remove workers that stopped or died");
    options.flag({"--queued"}, filter_.queued, "with --jobs: remove jobs that still wait, too");
    options.text({"--domain"}, "NAME", filter_.domain, "with --jobs: only jobs of this domain")
        .default_text = "all";
    options.add(
        {.names = {"--older-than"},
         .value = "DURATION",
         .help = "only what ended (or, waiting, was enqueued) longer ago: 2d, P1D, 0",
         .default_text = "P1D",
         .set = [this](std::string_view text) { filter_.older_than = read_duration(text); }});
  }

  int run(Context& context) override {
    check();
    std::int64_t jobs = 0;
    if (jobs_) {
      ProgressLine progress{context.terminal().error_is_terminal, "removed", 0};
      int removed = filter_.limit;
      while (removed == filter_.limit) {
        removed = context.store().purge_jobs(filter_);
        jobs += removed;
        progress.update(static_cast<std::size_t>(jobs));
      }
    }
    const int workers = workers_ ? context.store().purge_workers(filter_.older_than) : 0;
    print(context, jobs, workers);
    return 0;
  }

 private:
  void check() const {
    if (!jobs_ && !workers_) {
      throw Error{ErrorCode::kUsage, "say what to remove: --jobs, --workers, or both"};
    }
    if (!jobs_ && (filter_.queued || !filter_.domain.empty())) {
      throw Error{ErrorCode::kUsage, "--queued and --domain are for --jobs"};
    }
  }

  void print(Context& context, std::int64_t jobs, int workers) const {
    if (context.json()) {
      JsonLine line;
      line.number("jobs", jobs).number("workers", std::int64_t{workers});
      context.output().line(line.str());
      return;
    }
    if (jobs_) context.output().line(fmt::format("removed {} jobs", jobs));
    if (workers_) context.output().line(fmt::format("removed {} workers", workers));
  }

  bool jobs_ = false;
  bool workers_ = false;
  PurgeFilter filter_;
};

}  // namespace

CommandEntry db_vacuum_entry() {
  return {.text = {.name = "db vacuum",
                   .summary = "Remove finished jobs and past workers",
                   .description = "Workers remove finished jobs by themselves after `[defaults] "
                                  "retention`; this is for doing it now. Running jobs stay.",
                   .examples = {{"db vacuum --jobs --older-than 7d",
                                 "jobs that finished more than a week ago"},
                                {"db vacuum --jobs --queued --domain bulk --older-than 0",
                                 "empty a domain: what waits there too"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<DbVacuum>(); }};
}

}  // namespace stint::cli
