/// The statements of an exchange.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "backends/postgres/claim_marks.hpp"
#include "backends/postgres/connection.hpp"
#include "core/job_records.hpp"

namespace stint::postgres {

/// The statements that a batch needs, and no others: jobs that are simply done, other ends, bytes
/// of outputs, the claim.
class ExchangePlan final {
 public:
  /// `marks`: where the claim begins, in lanes from the highest on; empty: at the left edge.
  ExchangePlan(std::span<const Completion> completions, const ClaimRequest* claim,
               std::int64_t claim_number, std::span<const ClaimMark> marks,
               std::optional<StoreTime> now);

  std::span<const Command> commands() const { return commands_; }
  /// Do not have it wait until the disk has it.
  void commit_quickly();

  /// What the results of the commands mean.
  struct Outcome {
    Exchange exchange;
    std::set<std::string> requeued;  ///< the domains of jobs that are queued again
    bool has_missed = false;         ///< there were jobs, which somebody moved meanwhile
    ClaimMark last_claimed;          ///< if anything was claimed
    microseconds claim_took{0};      ///< the claim until its first job; if anything was claimed
  };
  Outcome read(std::span<const Result> results) const;

 private:
  void add_done(std::span<const Completion* const> done, std::optional<StoreTime> now);
  void add_other(std::span<const Completion* const> other, std::optional<StoreTime> now);
  void add_attachments(std::span<const Completion> completions);
  void add_claim(const ClaimRequest& claim, std::int64_t number, std::span<const ClaimMark> marks,
                 std::optional<StoreTime> now);
  static void read_claim(const Result& result, const std::string& domain, Outcome& outcome);

  std::span<const Completion> completions_;
  const ClaimRequest* claim_;
  std::vector<Command> commands_;
};

/// Make the values of insert_output_attachments.sql.
Parameters output_attachment(JobId id, Epoch epoch, std::int32_t position, std::string_view data);

/// Make the command that reads what the claim did not hand out of these jobs; nothing if it was
/// all.
std::optional<Command> details_command(std::span<const ClaimedJob> claimed);
/// Fill it in.
void add_details(const Result& details, std::vector<ClaimedJob>& claimed);

/// Make the command that takes running jobs away from a worker: see free_jobs.sql.
Command free_jobs_command(WorkerId worker, std::optional<std::int64_t> claim,
                          const std::optional<std::vector<StartedJob>>& started,
                          std::optional<StoreTime> now);

/// Collect the domains of freed jobs that are queued again.
std::set<std::string> requeued_domains(const Result& freed);

}  // namespace stint::postgres
