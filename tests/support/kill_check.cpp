#include "support/kill_check.hpp"
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <fmt/format.h>

namespace stint::test {
namespace {

struct Execution {
  pid_t pid = 0;
  Epoch epoch;
  std::chrono::nanoseconds began{0};
  bool has_ended = false;
};

class KillJudge {
 public:
  explicit KillJudge(const KillHistory& history) : history_(history) {
    for (const JournalEntry& entry : history.journal) add(entry);
    for (const JobRecord& record : history.stored) records_.emplace(record.id, &record);
    for (const Kill& kill : history.kills) killed_.emplace(kill.pid, kill.at);
  }

  KillVerdict verdict() {
    const std::set<JobId> acknowledged{history_.acknowledged.begin(), history_.acknowledged.end()};
    for (const JobId id : acknowledged) check_job(id);
    for (const auto& [id, record] : records_) {
      if (!acknowledged.contains(id)) report(verdict_.unexpected, id, "is stored, never enqueued");
    }
    for (const auto& [id, executions] : executions_) {
      if (!acknowledged.contains(id)) report(verdict_.unexpected, id, "was run, never enqueued");
    }
    verdict_.kills_that_hit = static_cast<int>(hit_.size());
    if (verdict_.duplicates > verdict_.in_flight) {
      verdict_.violations.push_back(
          fmt::format("{} executions were duplicates, but only {} were in flight at the kills",
                      verdict_.duplicates, verdict_.in_flight));
    }
    return verdict_;
  }

 private:
  void add(const JournalEntry& entry) {
    std::vector<Execution>& of_job = executions_[entry.job];
    if (!entry.is_end) {
      of_job.push_back({.pid = entry.pid, .epoch = entry.epoch, .began = entry.at});
      return;
    }
    const auto begun = std::ranges::find_if(of_job, [&](const Execution& one) {
      return one.pid == entry.pid && one.epoch == entry.epoch && !one.has_ended;
    });
    if (begun == of_job.end()) {
      report(verdict_.unexpected, entry.job, "ended an execution that had not begun");
    } else {
      begun->has_ended = true;
    }
  }

  void report(int& count, JobId id, std::string_view what) {
    ++count;
    verdict_.violations.push_back(fmt::format("job {} {}", id.value, what));
  }

  void check_job(JobId id) {
    const auto found = records_.find(id);
    if (found == records_.end() || found->second->state != JobState::kDone) {
      report(verdict_.lost, id, "was acknowledged, and no completion was accepted");
      return;
    }
    const JobRecord& record = *found->second;
    const std::vector<Execution>& executions = executions_[id];
    int accepted = 0;
    for (const Execution& one : executions) {
      if (one.epoch == record.epoch && one.has_ended) {
        ++accepted;
      } else {
        check_taken(id, one);
      }
    }
    if (accepted != 1 || record.output != std::to_string(record.epoch.value)) {
      report(verdict_.accepted_twice, id,
             fmt::format("has the output {} at epoch {}, which {} executions returned",
                         record.output, record.epoch.value, accepted));
    }
    verdict_.duplicates += static_cast<int>(executions.size()) - 1;
  }

  /// An execution that did not become the accepted one: its worker must have been killed.
  void check_taken(JobId id, const Execution& execution) {
    const auto kill = killed_.find(execution.pid);
    if (kill == killed_.end() || kill->second < execution.began) {
      report(verdict_.unexplained, id,
             fmt::format("was run again after epoch {}, whose process {} lived",
                         execution.epoch.value, execution.pid));
      return;
    }
    ++verdict_.in_flight;
    if (!execution.has_ended) hit_.insert(execution.pid);
  }

  const KillHistory& history_;
  std::map<JobId, std::vector<Execution>> executions_;
  std::map<JobId, const JobRecord*> records_;
  std::map<pid_t, std::chrono::nanoseconds> killed_;
  std::set<pid_t> hit_;
  KillVerdict verdict_;
};

}  // namespace

KillVerdict judge(const KillHistory& history) { return KillJudge{history}.verdict(); }

std::string describe(const KillVerdict& verdict) {
  return fmt::format(
      "lost {}, unexpected {}, accepted twice {}, unexplained {}, duplicates {} of {} in flight, "
      "kills that hit {}",
      verdict.lost, verdict.unexpected, verdict.accepted_twice, verdict.unexplained,
      verdict.duplicates, verdict.in_flight, verdict.kills_that_hit);
}

History history_of(const KillHistory& history) {
  History all{.is_drained = true};
  std::vector<Operation>& operations = all.operations;
  for (const JobId id : history.acknowledged) {
    operations.push_back({.action = Action::kEnqueue,
                          .reply = Reply::kOk,
                          .returned = std::chrono::nanoseconds{0},
                          .job = id});
  }
  for (const JournalEntry& entry : history.journal) {
    Operation one{.action = Action::kComplete,
                  .invoked = entry.at,
                  .client = entry.pid,
                  .job = entry.job,
                  .epoch = entry.epoch,
                  .worker = WorkerId{entry.pid}};
    if (entry.is_end) {
      one.output = std::to_string(entry.epoch.value);
      operations.push_back(one);
      continue;
    }
    one.reply = Reply::kOk;
    one.returned = entry.at;
    one.action = Action::kStart;
    operations.push_back(one);
    one.action = Action::kClaim;
    one.invoked = std::chrono::nanoseconds{0};
    operations.push_back(one);
  }
  for (const Kill& kill : history.kills) {
    operations.push_back(
        {.action = Action::kRescue, .invoked = kill.at, .worker = WorkerId{kill.pid}});
  }
  for (const JobRecord& job : history.stored) operations.push_back(stored(job));
  return all;
}

}  // namespace stint::test
