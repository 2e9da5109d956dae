/// One operation on many jobs: those whose numbers are given, or those that a filter finds.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "cli/options.hpp"
#include "core/job_operations.hpp"
#include "core/job_records.hpp"

namespace stint::cli {

class Context;

/// A job that was chosen: by its number alone, or as a list had it.
struct ChosenJob {
  JobId id;
  std::optional<JobRecord> record = {};
};

/// What became of one.
struct JobOutcome {
  OperationResult result;
  std::string problem = {};  ///< why it was not done though its state allows it; empty: see result
};

/// What a command does to jobs. Views last as long as the command.
struct JobOperation {
  std::string_view verb;         ///< "retry"
  std::string_view done;         ///< "retried"
  std::vector<JobState> states;  ///< to which it can be done: a filter without --state means these
  std::string_view way_out;      ///< what helps jobs in other states
  std::function<std::vector<JobOutcome>(std::span<const ChosenJob>)> run;
};

/// Choose jobs, ask where that is called for, operate and tell. Nothing is held but a page.
class JobSelection final {
 public:
  /// Add the filter, --yes and --dry-run.
  void declare(OptionTable& options, std::string_view verb);
  /// Add a job by its number.
  void add_id(std::string_view text);

  /// The states of the filter, before they are completed by an operation.
  const std::vector<JobState>& states() const { return filter_.states; }
  /// One job, by its number: then what is wrong with its change is the command's own error.
  bool is_single() const { return ids_.size() == 1; }
  bool is_dry_run() const { return dry_run_; }

  /// Do it; returns the exit code: 3 if some job was not there, 1 if some could not be changed.
  /// Throws Error kUsage if nothing is chosen, twice is chosen, or --yes is missing.
  int run(Context& context, const JobOperation& operation);

 private:
  struct Tally;

  void check(const JobOperation& operation) const;
  bool is_confirmed(Context& context, const JobOperation& operation, std::int64_t count) const;
  template <typename Page>
  void each_page(Context& context, Page&& page);
  std::int64_t count(Context& context);
  void operate(Context& context, const JobOperation& operation, std::span<const ChosenJob> jobs,
               Tally& tally) const;
  void tell(Context& context, const JobOperation& operation, const Tally& tally) const;
  std::vector<JobOutcome> foresee(Context& context, const JobOperation& operation,
                                  std::span<const ChosenJob> jobs) const;

  std::vector<JobId> ids_;
  JobFilter filter_;
  JobId newest_;  // of those that fit when it began: what comes later is left alone
  bool yes_ = false;
  bool dry_run_ = false;
};

}  // namespace stint::cli
