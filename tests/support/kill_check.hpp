/// Judge what a run with killed workers has left behind: the promises of the queue, one by one.
#pragma once
#include <string>
#include <vector>
#include "core/job_records.hpp"
#include "support/execution_journal.hpp"
#include "support/history.hpp"

namespace stint::test {

/// A worker that was killed, and when, on the boot clock.
struct Kill {
  pid_t pid = 0;
  std::chrono::nanoseconds at{0};
};

/// All that is known of a run. The output of each job is the epoch of the execution that returned
/// it.
struct KillHistory {
  std::vector<JobId> acknowledged;  ///< enqueues that returned
  std::vector<JournalEntry> journal;
  std::vector<JobRecord> stored;  ///< at the end
  std::vector<Kill> kills;
};

struct KillVerdict {
  int lost = 0;            ///< acknowledged, but no completion was accepted
  int unexpected = 0;      ///< run or stored, but never enqueued
  int accepted_twice = 0;  ///< the accepted result is not that of the newest claim, run once
  int unexplained = 0;     ///< run again though no worker that ran it was killed
  int duplicates = 0;      ///< executions beyond the first of each job
  int in_flight = 0;       ///< executions that a kill took: under way, or ended and not yet written
  int kills_that_hit = 0;  ///< kills that met at least one execution under way
  std::vector<std::string> violations = {};
};

KillVerdict judge(const KillHistory& history);
std::string describe(const KillVerdict& verdict);
/// The same as operations, for the history checker: what was executed had been claimed, what came
/// to its end may have been completed, and a worker that was killed may have been declared dead
/// since. Each process counts as one worker.
History history_of(const KillHistory& history);

}  // namespace stint::test
