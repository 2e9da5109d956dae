/// Judge what tasks with a transaction have left behind: each job done, and its row there once.
#pragma once
#include <string>
#include <vector>
#include "core/job_records.hpp"
#include "support/effect_table.hpp"

namespace stint::test {

struct EffectHistory {
  std::vector<JobId> acknowledged;  ///< enqueues that returned
  std::vector<JobRecord> stored;    ///< at the end
  std::vector<Effect> effects;      ///< at the end
};

struct EffectVerdict {
  int lost = 0;     ///< jobs that are not done
  int missing = 0;  ///< done, without a row
  int doubled = 0;  ///< jobs with more rows than one
  int foreign = 0;  ///< rows of another execution than the accepted one, or of no known job
  std::vector<std::string> violations = {};
};

EffectVerdict judge(const EffectHistory& history);
std::string describe(const EffectVerdict& verdict);

}  // namespace stint::test
