#include "core/explain_waiting.hpp"
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/nearest.hpp"
#include "base/time_format.hpp"
#include "core/crash_rule.hpp"
#include "core/explain_words.hpp"
#include "stint/json.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

/// The workers that could take a job, sieve by sieve.
struct Candidates {
  std::vector<const LiveWorker*> in_domain = {};
  std::vector<const LiveWorker*> on_node = {};    ///< of those
  std::vector<const LiveWorker*> have_task = {};  ///< of those: it is known that they have it
  std::vector<const LiveWorker*> may_have = {};   ///< of those on the node: they have not told

  bool is_any() const { return !have_task.empty() || !may_have.empty(); }
};

Candidates find_candidates(const ExplainFacts& facts) {
  const JobRecord& job = facts.job;
  Candidates found;
  for (const LiveWorker& worker : facts.workers) {
    if (!serves_domain(worker.record.info.domains, job.domain)) continue;
    found.in_domain.push_back(&worker);
    if (!job.node.empty() && worker.record.info.node != job.node) continue;
    found.on_node.push_back(&worker);
    if (!worker.tasks) found.may_have.push_back(&worker);
    if (worker.tasks && std::ranges::find(*worker.tasks, job.task) != worker.tasks->end()) {
      found.have_task.push_back(&worker);
    }
  }
  return found;
}

json ids_of(std::span<const LiveWorker* const> workers) {
  json ids = json::array();
  for (const LiveWorker* worker : workers) ids.push_back(worker->record.id.value);
  return ids;
}

std::string domains_served(const ExplainFacts& facts) {
  std::vector<std::string> all;
  for (const LiveWorker& worker : facts.workers) all.push_back(worker.record.info.domains);
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return fmt::format("{}", fmt::join(all, ", "));
}

bool is_registered(const ExplainFacts& facts) {
  return std::ranges::find(facts.known_tasks, facts.job.task) != facts.known_tasks.end();
}

/// Which workers have the task in spite of all.
std::string who_has_it(const ExplainFacts& facts) {
  for (const LiveWorker& worker : facts.workers) {
    if (!worker.tasks) continue;
    if (std::ranges::find(*worker.tasks, facts.job.task) == worker.tasks->end()) continue;
    return fmt::format("; {} has the task, but serves {} on the node \"{}\"",
                       name_of(worker.record), worker.record.info.domains, worker.record.info.node);
  }
  return {};
}

std::optional<Reason> explain_no_worker(const ExplainFacts& facts, const Candidates& found) {
  const JobRecord& job = facts.job;
  if (facts.workers.empty()) {
    return Reason{.code = "no_workers",
                  .text = "no worker is alive on this store",
                  .facts = json{{"workers", 0}}.dump(),
                  .advice = fmt::format(
                      "start the program that has the task \"{}\" with `worker run`", job.task)};
  }
  if (found.in_domain.empty()) {
    return Reason{.code = "no_worker_serves_domain",
                  .text = fmt::format(
                      "no live worker serves the domain \"{}\" ({}: {})", job.domain,
                      count_of(std::ssize(facts.workers), "live worker"), domains_served(facts)),
                  .facts = json{{"domain", job.domain}, {"workers", facts.workers.size()}}.dump(),
                  .advice = fmt::format("start one with `worker run --domain {}`", job.domain)};
  }
  if (found.on_node.empty()) {
    return Reason{.code = "no_worker_on_node",
                  .text = fmt::format("no live worker of the domain \"{}\" is on the node \"{}\"",
                                      job.domain, job.node),
                  .facts = json{{"node", job.node}, {"workers", ids_of(found.in_domain)}}.dump(),
                  .advice = "start a worker there, or enqueue the job for another node or for any"};
  }
  if (!found.is_any()) {
    return Reason{
        .code = "no_worker_has_task",
        .text =
            fmt::format("no live worker of the domain \"{}\"{} has the task \"{}\"{}", job.domain,
                        job.node.empty() ? "" : fmt::format(" on the node \"{}\"", job.node),
                        job.task, who_has_it(facts)),
        .facts = json{{"task", job.task}, {"workers", ids_of(found.on_node)}}.dump(),
        .advice =
            "start the program that has it with `worker run`; if the workers should have it, "
            "they are of an older version: start them anew"};
  }
  return std::nullopt;
}

std::optional<Reason> explain_unregistered(const ExplainFacts& facts, const Candidates& found) {
  if (is_registered(facts) || !found.have_task.empty()) return std::nullopt;
  return Reason{.code = "task_not_registered",
                .text = fmt::format(
                    "no program has ever registered the task \"{}\" in this store{}",
                    facts.job.task, did_you_mean(facts.job.task, std::span{facts.known_tasks})),
                .facts = json{{"task", facts.job.task}, {"known", facts.known_tasks.size()}}.dump(),
                .advice = "if the name is wrong, abort the job and enqueue it under the right one"};
}

std::optional<Reason> explain_transaction(const ExplainFacts& facts) {
  if (!facts.needs_transaction || facts.has_transactions) return std::nullopt;
  return Reason{
      .code = "needs_transaction",
      .text = fmt::format("the task \"{}\" works in a transaction of the store, which this "
                          "store does not give: no worker can have it here",
                          facts.job.task),
      .facts = json{{"task", facts.job.task}}.dump(),
      .advice = "use a PostgreSQL store, or declare the task without .transaction"};
}

const AttemptRecord* last_attempt(const ExplainFacts& facts) {
  return facts.attempts.empty() ? nullptr : &facts.attempts.back();
}

bool was_crash(const AttemptRecord& attempt) { return attempt.cause == "crash"; }

Reason explain_later(const ExplainFacts& facts) {
  const JobRecord& job = facts.job;
  const std::string left = rough_duration(job.run_at - facts.now);
  const AttemptRecord* const last = last_attempt(facts);
  json known{{"run_at", format_time(job.run_at)},
             {"seconds", std::chrono::duration<double>(job.run_at - facts.now).count()}};
  if (last == nullptr) {
    return {.code = "scheduled",
            .text = fmt::format("it is due at {}, in {}", format_time(job.run_at), left),
            .facts = known.dump()};
  }
  const std::string error = stored_error_message(last->error);
  known["attempt"] = last->attempt;
  known["cause"] = last->cause;
  known["error"] = error;
  known["failures"] = job.failures;
  known["max_attempts"] = job.max_attempts;
  known["crashes"] = job.crashes;
  const std::string why = error.empty() ? std::string{} : ": " + error;
  if (was_crash(*last)) {
    return {
        .code = "waits_after_crash",
        .text = fmt::format("its worker or process crashed in attempt {}{}; it is tried again in "
                            "{}, alone in its worker",
                            last->attempt, why, left),
        .facts = known.dump(),
        .advice = "`stint job show` lists the crashes; the third one alone is the last"};
  }
  return {
      .code = "waits_for_retry",
      .text = fmt::format("attempt {} failed ({}){}; failure {} of {}, the next attempt is in {}",
                          last->attempt, last->cause, why, job.failures, job.max_attempts, left),
      .facts = known.dump(),
      .advice = "mend what the error names before the next attempt, or abort the job"};
}

std::optional<Reason> explain_crashes(const ExplainFacts& facts, const Candidates& found) {
  const JobRecord& job = facts.job;
  if (job.crashes == 0) return std::nullopt;
  std::vector<const LiveWorker*> busy;
  for (const auto* group : {&found.have_task, &found.may_have}) {
    std::ranges::copy_if(*group, std::back_inserter(busy),
                         [](const LiveWorker* worker) { return worker->record.running > 0; });
  }
  const std::size_t able = found.have_task.size() + found.may_have.size();
  const int alone = facts.place ? facts.place->lone_crashes : 0;
  std::string text =
      fmt::format("it crashed {} ({} of {} while it ran alone), so it runs alone in a worker",
                  count_of(job.crashes, "time"), alone, kCrashLimit);
  std::vector<std::string> names;
  for (const LiveWorker* worker : busy) names.push_back(name_of(worker->record));
  const bool is_any_idle = busy.size() < able;
  if (is_any_idle) {
    text += "; one that is idle should claim it within a second";
  } else if (able > 0) {
    text += fmt::format(", and every worker that could take it has other jobs: {}",
                        fmt::join(names, ", "));
  }
  return Reason{
      .code = "runs_alone",
      .text = std::move(text),
      .facts = json{{"crashes", job.crashes},
                    {"crashes_alone", alone},
                    {"limit", kCrashLimit},
                    {"busy_workers", ids_of(busy)}}
                   .dump(),
      .advice = is_any_idle
                    ? ""
                    : "wait until one of them has finished what it holds, or start another worker"};
}

/// How long until its turn, if that can be said.
std::string turn_in(const ExplainFacts& facts, std::int64_t before) {
  if (facts.completed_per_second <= 0) return {};
  const double seconds = static_cast<double>(before) / facts.completed_per_second;
  return fmt::format("; at {:.3g} jobs/s, as in the last minute, its turn comes in about {}",
                     facts.completed_per_second,
                     rough_duration(std::chrono::seconds{std::llround(std::ceil(seconds))}));
}

std::optional<Reason> explain_others_first(const ExplainFacts& facts) {
  if (!facts.place) return std::nullopt;
  const JobPlace& place = *facts.place;
  const std::int64_t before = place.higher + place.older;
  if (before == 0) return std::nullopt;
  const bool is_more = before >= place.most;
  return Reason{.code = "others_first",
                .text = fmt::format(
                    "{}{} of its domain come before it: {} of higher priority than {}, {} older "
                    "of the same{}",
                    is_more ? "at least " : "", count_of(before, "due job"), place.higher,
                    facts.job.priority, place.older, turn_in(facts, before)),
                .facts = json{{"higher", place.higher},
                              {"older", place.older},
                              {"counted_all", !is_more},
                              {"completed_per_second", facts.completed_per_second}}
                             .dump(),
                .advice = "add workers or slots, or enqueue what is urgent with a higher priority"};
}

std::optional<Reason> explain_busy(const Candidates& found) {
  int slots = 0;
  int running = 0;
  std::vector<const LiveWorker*> able = found.have_task;
  able.insert(able.end(), found.may_have.begin(), found.may_have.end());
  for (const LiveWorker* worker : able) {
    slots += worker->record.info.slots;
    running += worker->record.running;
  }
  if (able.empty() || running < slots) return std::nullopt;
  return Reason{
      .code = "workers_busy",
      .text = fmt::format("all {} of {} that could take it are busy", count_of(slots, "slot"),
                          able.size() == 1 ? std::string{"the one live worker"}
                                           : fmt::format("the {} live workers", able.size())),
      .facts = json{{"workers", ids_of(able)}, {"slots", slots}, {"running", running}}.dump(),
      .advice = "wait, or start more workers"};
}

Reason explain_next(const ExplainFacts& facts, const Candidates& found) {
  const nanoseconds due = facts.now - facts.job.run_at;
  std::string text = fmt::format(
      "nothing is in its way: it is due for {}, and a worker should claim "
      "it within a second",
      rough_duration(due));
  if (found.have_task.empty()) {
    text += "; but no live worker has told yet that it has the task";
  }
  return {
      .code = "next",
      .text = std::move(text),
      .facts = json{{"run_at", format_time(facts.job.run_at)}, {"workers", ids_of(found.have_task)}}
                   .dump(),
      .advice =
          "ask again in a few seconds; if it still waits, look at the workers' logs and at "
          "`stint doctor`"};
}

Reason explain_gate(const ExplainFacts& facts) {
  const int mask = facts.place ? facts.place->gate : 0;
  return {.code = "gated",
          .text = fmt::format("it waits for a condition (mask {})", mask),
          .facts = json{{"gate", mask}}.dump(),
          .advice =
              "a program of a later version has set the condition: ask with that one's `explain`"};
}

}  // namespace

std::vector<Reason> explain_waiting(const ExplainFacts& facts) {
  std::vector<Reason> reasons;
  const auto add = [&](std::optional<Reason> reason) {
    if (reason) reasons.push_back(*std::move(reason));
  };
  const JobState state = facts.job.state;
  const bool is_gated = state == JobState::kGated || state == JobState::kBlocked;
  const Candidates found = find_candidates(facts);
  if (is_gated) add(explain_gate(facts));
  const bool is_later = !is_gated && facts.job.run_at > facts.now;
  if (is_later) add(explain_later(facts));
  // Who could take it matters for later, too.
  add(explain_transaction(facts));
  add(explain_no_worker(facts, found));
  add(explain_unregistered(facts, found));
  if (is_gated || is_later) return reasons;
  add(explain_crashes(facts, found));
  if (found.is_any()) add(explain_busy(found));
  add(explain_others_first(facts));
  if (reasons.empty()) add(explain_next(facts, found));
  return reasons;
}

}  // namespace stint
