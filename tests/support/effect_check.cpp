#include "support/effect_check.hpp"
#include <map>
#include <set>
#include <fmt/format.h>

namespace stint::test {

EffectVerdict judge(const EffectHistory& history) {
  EffectVerdict verdict;
  const auto report = [&](int& count, JobId id, std::string_view what) {
    ++count;
    verdict.violations.push_back(fmt::format("job {} {}", id.value, what));
  };
  std::map<JobId, const JobRecord*> records;
  for (const JobRecord& record : history.stored) records.emplace(record.id, &record);
  std::map<JobId, std::vector<Epoch>> rows;
  for (const Effect& effect : history.effects) rows[effect.job].push_back(effect.epoch);
  const std::set<JobId> acknowledged{history.acknowledged.begin(), history.acknowledged.end()};
  for (const JobId id : acknowledged) {
    const auto record = records.find(id);
    const bool is_done = record != records.end() && record->second->state == JobState::kDone;
    if (!is_done) report(verdict.lost, id, "was acknowledged, and is not done");
    const std::vector<Epoch>& epochs = rows[id];
    if (epochs.size() > 1) report(verdict.doubled, id, "has more than one row");
    if (is_done && epochs.empty()) report(verdict.missing, id, "is done without its row");
    for (const Epoch epoch : epochs) {
      if (is_done && epoch == record->second->epoch) continue;
      report(verdict.foreign, id, "has a row of an execution that was not accepted");
    }
  }
  for (const auto& [id, epochs] : rows) {
    if (!acknowledged.contains(id))
      report(verdict.foreign, id, "has a row, and nobody enqueued it");
  }
  return verdict;
}

std::string describe(const EffectVerdict& verdict) {
  return fmt::format("lost {}, missing {}, doubled {}, foreign {}", verdict.lost, verdict.missing,
                     verdict.doubled, verdict.foreign);
}

}  // namespace stint::test
