/// Judge what contenders for a lock did: its promises, one by one.
#pragma once
#include <chrono>
#include <string>
#include <vector>
#include "support/lock_journal.hpp"

namespace stint::test {

struct LockVerdict {
  int holdings = 0;
  int accepted = 0;       ///< effects
  int stale_refused = 0;  ///< what a holder attempted after its pause, and was overtaken in
  int went_back = 0;      ///< effects accepted after one of a larger token
  int overlaps = 0;       ///< two held it at a time, and neither was paused
  int tokens_not_grown = 0;
  int refused_holders = 0;  ///< effects refused though their holder was never paused
  int after_deadline = 0;   ///< effects attempted after the lease's end, by one not paused
  int starved = 0;          ///< nobody came, or not in time, after a holder was taken away
  std::vector<std::chrono::nanoseconds> takeovers = {};  ///< how long each took
  std::vector<std::string> violations = {};
};

/// `events` as the journal has them.
LockVerdict judge(std::vector<LockEvent> events);
/// In a line, the longest takeover included.
std::string describe(const LockVerdict& verdict);

}  // namespace stint::test
