/// Decide whether what clients and workers were told can be true: whether their operations can be
/// put into one order, each between the moments when it was asked for and replied to, that a job
/// and a worker may go through.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>
#include "support/history.hpp"

namespace stint::test {

/// What is wrong with a history.
enum class Breach : std::uint8_t {
  kLost,             ///< an acknowledged job is not stored
  kNotEnded,         ///< a job is still to be done after all was drained
  kNeverEnqueued,    ///< a job that nobody asked for
  kStoredTwice,      ///< one name with two jobs, one id for two names
  kAcceptedTwice,    ///< two completions that end the same job or are of the same epoch
  kFencedAccepted,   ///< a completion of an epoch that is over, or never was
  kOtherResult,      ///< what is stored is not the result of the accepted completion
  kRefused,          ///< a completion of the newest epoch was refused
  kEpochNotGrowing,  ///< a claim or a rescue without a new epoch
  kClaimedTwice,     ///< a claim of a job that another holds, or that has ended
  kStartedTwice,     ///< two executions of one claim
  kStartedAborted,   ///< an execution that began after the abort
  kStartedUnclaimed,
  kWorker,  ///< a worker that is dead goes on, or one that is alive was declared dead
  kOther,
};

std::string_view to_string(Breach breach);

/// As few facts as are needed to see that not all of them can be true: without any one of them
/// there is an order again.
struct Witness {
  Breach breach = Breach::kOther;
  std::vector<Operation> facts;
};

struct HistoryVerdict {
  std::size_t jobs = 0;
  std::size_t workers = 0;
  std::size_t operations = 0;
  std::size_t unknown = 0;         ///< operations without a reply
  std::size_t fenced = 0;          ///< completions that were refused
  std::vector<Witness> witnesses;  ///< the smallest first; of each job and worker at most one

  bool has(Breach breach) const;
};

/// Judge a history that holds, as its last operations, all that is stored.
HistoryVerdict check_history(const History& history);
std::string describe(const Witness& witness);
/// One line of figures.
std::string describe(const HistoryVerdict& verdict);

}  // namespace stint::test
