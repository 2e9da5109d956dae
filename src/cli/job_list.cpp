// `job list`: the newest jobs of the store.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_filter_options.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "cli/watch.hpp"
#include "core/store.hpp"

namespace stint::cli {
namespace {

constexpr int kDefaultLimit = 100;
constexpr int kMostListed = 1'000'000;
constexpr int kPageJobs = 1000;
// Pages that end without being full because enough jobs were looked at: after so many, or so long,
// the user is asked.
constexpr int kMostShortPages = 5;
constexpr std::chrono::seconds kLongEnough{2};

class JobList final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.integer({"--limit", "-n"}, limit_, 1, kMostListed, "list at most N jobs").default_text =
        std::to_string(kDefaultLimit);
    declare_job_filter(options, filter_);
    options.add({.names = {"--before"},
                 .value = "ID",
                 .help = "only jobs with a smaller number: the next page of a list",
                 .set = [this](std::string_view text) { filter_.before = parse_job_id(text); }});
    options.flag({"--errors"}, errors_,
                 "below each job that failed: with what, uncut, and what caused that");
    options.flag({"--log-count"}, log_count_, "show how many lines the log of each job has");
    watch_.declare(options);
  }

  int run(Context& context) override {
    if (watch_.is_asked()) {
      return watch_.run(context, "job list", [&] { return Look{.content = list(context)}; });
    }
    list(context);
    if (next_) tell_next(context, left_ > 0);
    return 0;
  }

 private:
  /// Print the jobs; returns what they are without what changes by itself, where that is not what
  /// was printed.
  std::string list(Context& context) {
    JobFilter filter = filter_;
    left_ = limit_.value_or(kDefaultLimit);
    short_pages_ = 0;
    next_.reset();
    std::vector<JobRecord> jobs;
    JobListing listing{.errors = errors_};
    if (log_count_) listing.log_lines.emplace();
    const auto begin = std::chrono::steady_clock::now();
    while (left_ > 0 && short_pages_ < kMostShortPages &&
           (short_pages_ == 0 || std::chrono::steady_clock::now() - begin < kLongEnough)) {
      filter.limit = std::min(left_, kPageJobs);
      JobPage page = context.store().list_page(filter);
      left_ -= static_cast<int>(page.jobs.size());
      if (std::ssize(page.jobs) < filter.limit) ++short_pages_;
      if (log_count_) count_log_lines(context, page.jobs, *listing.log_lines);
      if (context.json()) {  // a long list need not be held
        print_jobs(context, page.jobs, listing);
        if (log_count_) listing.log_lines->clear();
      } else {
        jobs.insert(jobs.end(), std::make_move_iterator(page.jobs.begin()),
                    std::make_move_iterator(page.jobs.end()));
      }
      next_ = page.next;
      if (!next_) break;
      filter.before = *next_;
    }
    if (context.json()) return {};
    print_jobs(context, jobs, listing);
    return watch_.is_asked() ? content_of(jobs, listing) : std::string{};
  }

  static void count_log_lines(Context& context, const std::vector<JobRecord>& jobs,
                              std::vector<std::int64_t>& counts) {
    std::vector<JobId> ids;
    ids.reserve(jobs.size());
    for (const JobRecord& job : jobs) ids.push_back(job.id);
    const std::vector<std::int64_t> more = context.store().count_log_lines(ids);
    counts.insert(counts.end(), more.begin(), more.end());
  }

  static std::string content_of(const std::vector<JobRecord>& jobs, const JobListing& listing) {
    std::string content = "jobs\n";
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      content += job_json(jobs[i]);
      if (jobs[i].progress) {
        content += fmt::format(" {} {}", *jobs[i].progress, jobs[i].progress_message);
      }
      if (listing.log_lines) content += fmt::format(" {}", (*listing.log_lines)[i]);
      content += '\n';
    }
    return content;
  }

  /// On standard error, where it is in nobody's way.
  void tell_next(Context& context, bool is_short) const {
    const std::int64_t looked_at = std::int64_t{short_pages_} * filter_.most_looked_at;
    if (context.json()) {
      JsonLine line;
      line.number("next_before", next_->value);
      if (is_short) line.number("looked_at", looked_at);
      context.note(line.str());
      return;
    }
    context.note(is_short ? fmt::format("looked at {} jobs; for older ones go on with --before {}",
                                        looked_at, next_->value)
                          : fmt::format("there may be more: --before {}", next_->value));
  }

  std::optional<int> limit_;
  JobFilter filter_;
  std::optional<JobId> next_;
  Watch watch_;
  bool errors_ = false;
  bool log_count_ = false;
  // Of the last list.
  int left_ = 0;
  int short_pages_ = 0;
};

}  // namespace

CommandEntry job_list_entry() {
  return {
      .text =
          {.name = "job list",
           .summary = "List jobs, the newest first",
           .description =
               "Tells on standard error how to go on where a list may have more. A list that finds "
               "few of very many jobs ends after 2 seconds, or 500,000 that it has looked at; on "
               "PostgreSQL, states but `done` lead straight to their jobs.",
           .examples = {{"job list", "the newest 100 jobs"},
                        {"job list --state failed,aborted --since 1h",
                         "what went wrong within the last hour"},
                        {"job list --state failed --errors", "with what failed, in full"},
                        {"job list --state running --log-count --watch",
                         "what runs now, until Ctrl-C"},
                        {"job list --before 4711", "the 100 before job 4711"},
                        {"job list --task images.resize --limit 1000 --json | jq .id",
                         "for programs: one object a line"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobList>(); }};
}

}  // namespace stint::cli
