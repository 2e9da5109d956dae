#include "core/explain_job.hpp"
#include <algorithm>
#include <fmt/format.h>
#include "base/time_format.hpp"
#include "core/explain_waiting.hpp"
#include "core/explain_words.hpp"
#include "stint/json.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

json time_of(const std::optional<StoreTime>& time) {
  return time ? json(format_time(*time)) : json();
}

std::string with_colon(std::string_view text) {
  return text.empty() ? std::string{} : fmt::format(": {}", text);
}

std::string holder_name(const ExplainFacts& facts) {
  return facts.holder ? name_of(*facts.holder) : fmt::format("worker {}", facts.job.worker.value);
}

Reason explain_done(const ExplainFacts& facts) {
  const JobRecord& job = facts.job;
  const nanoseconds ago = facts.now - job.finished_at.value_or(facts.now);
  return {
      .code = "done",
      .text = fmt::format("it ended well {} ago", rough_duration(ago)),
      .facts = json{{"finished_at", time_of(job.finished_at)}, {"attempts", job.attempts}}.dump()};
}

std::string way_out_of(std::string_view cause) {
  if (cause == "crash limit") {
    return "look for a crash in the task, then enqueue it again: `stint job logs` and `stint job "
           "show` "
           "tell how it ended";
  }
  if (cause == "timeout") return "give the task more time (.timeout), or find what it waits for";
  if (cause == "out of memory")
    return "give the task more memory (.max_memory), or have it use less";
  if (cause == "cpu limit") return "give the task more processor time (.max_cpu)";
  return "mend what the error names, then enqueue it again; `stint job show` has the whole error";
}

Reason explain_failed(const ExplainFacts& facts) {
  const JobRecord& job = facts.job;
  const std::string error = stored_error_message(job.error);
  const nanoseconds ago = facts.now - job.finished_at.value_or(facts.now);
  return {.code = "failed",
          .text = fmt::format("it failed {} ago ({}) after {}{}", rough_duration(ago),
                              job.cause.empty() ? "error" : job.cause,
                              count_of(job.attempts, "attempt"), with_colon(error)),
          .facts = json{{"finished_at", time_of(job.finished_at)},
                        {"cause", job.cause},
                        {"error", error},
                        {"attempts", job.attempts},
                        {"failures", job.failures},
                        {"max_attempts", job.max_attempts},
                        {"crashes", job.crashes}}
                       .dump(),
          .advice = way_out_of(job.cause)};
}

Reason explain_aborted(const ExplainFacts& facts) {
  const JobRecord& job = facts.job;
  const std::string message = stored_error_message(job.error);
  const nanoseconds ago = facts.now - job.finished_at.value_or(facts.now);
  return {.code = "aborted",
          .text = fmt::format("it was aborted {} ago{}{}", rough_duration(ago),
                              job.attempts == 0 ? ", before it began" : "", with_colon(message)),
          .facts = json{{"finished_at", time_of(job.finished_at)}, {"message", message}}.dump(),
          .advice = "enqueue it again if it is to run after all"};
}

/// Since when its worker is silent, if that is worrying.
std::optional<nanoseconds> silence(const ExplainFacts& facts) {
  if (!facts.holder || facts.holder->state != WorkerState::kAlive) return std::nullopt;
  const nanoseconds age = facts.now - facts.holder->beat_at;
  return age > 2 * facts.heartbeat ? std::optional{age} : std::nullopt;
}

Reason explain_silence(const ExplainFacts& facts, nanoseconds age) {
  const bool has_rescuer = std::ranges::any_of(facts.workers, [&](const LiveWorker& worker) {
    return worker.record.id != facts.holder->id &&
           facts.now - worker.record.beat_at <= 2 * facts.heartbeat;
  });
  Reason reason{.code = "worker_silent",
                .text = fmt::format("{} has not been heard of for {}, and may be dead",
                                    holder_name(facts), rough_duration(age)),
                .facts = json{{"worker", facts.holder->id.value},
                              {"beat_at", time_of(facts.holder->beat_at)},
                              {"lease_seconds", std::chrono::duration<double>(facts.lease).count()},
                              {"has_rescuer", has_rescuer}}
                             .dump()};
  if (has_rescuer) {
    reason.text += fmt::format("; another worker rescues the job once it has seen it silent for {}",
                               rough_duration(facts.lease));
    reason.advice = "wait for the rescue, or look at that process and its way to the store";
  } else {
    reason.text += "; no other worker is there that could rescue the job";
    reason.advice = "start a worker: it rescues the job after one lease";
  }
  return reason;
}

Reason explain_lost(const ExplainFacts& facts) {
  return {.code = "worker_gone",
          .text = fmt::format("{} has left or was declared dead; the job is about to be given back",
                              holder_name(facts)),
          .facts = json{{"worker", facts.job.worker.value}}.dump(),
          .advice = "wait a moment and ask again; if nothing changes, start a worker"};
}

Reason explain_abort_asked(const ExplainFacts& facts) {
  const auto& place = facts.place;
  const bool is_told = place && place->abort_at;
  const std::string since =
      is_told ? fmt::format(" {} ago", rough_duration(facts.now - *place->abort_at)) : "";
  return {.code = "abort_asked",
          .text = fmt::format("its abort was asked for{}{}; it still runs in {}", since,
                              with_colon(place ? place->abort_message : ""), holder_name(facts)),
          .facts = json{{"asked_at", time_of(place ? place->abort_at : std::nullopt)},
                        {"message", place ? place->abort_message : ""},
                        {"worker", facts.job.worker.value}}
                       .dump(),
          .advice =
              "wait: a task that does not stop by itself is ended after the grace "
              "(`worker.grace`); if it runs on a thread, it cannot be killed alone"};
}

Reason explain_claimed(const ExplainFacts& facts) {
  return {
      .code = "claimed",
      .text = fmt::format("{} has claimed it and has not reported that it began: it began less "
                          "than a second ago, or waits there for a free slot",
                          holder_name(facts)),
      .facts = json{{"worker", facts.job.worker.value}, {"epoch", facts.job.epoch.value}}.dump(),
      .advice = "ask again in a second; a claimed job that cannot begin goes back by itself"};
}

Reason explain_running(const ExplainFacts& facts) {
  const JobRecord& job = facts.job;
  if (!job.started_at) return explain_claimed(facts);
  std::string text = fmt::format("{} began attempt {} of it {} ago", holder_name(facts),
                                 job.attempts, rough_duration(facts.now - *job.started_at));
  json known{{"worker", job.worker.value},
             {"attempt", job.attempts},
             {"started_at", time_of(job.started_at)}};
  if (job.progress) {
    text += fmt::format("; it is at {:.0f} %{}", *job.progress * 100,
                        job.progress_message.empty() ? "" : " (" + job.progress_message + ")");
    known["progress"] = *job.progress;
  }
  if (job.timeout.count() > 0) {
    const StoreTime deadline = *job.started_at + job.timeout;
    const nanoseconds left = deadline - facts.now;
    text += left.count() > 0
                ? fmt::format("; its timeout comes in {}", rough_duration(left))
                : fmt::format("; its timeout has passed {} ago", rough_duration(-left));
    known["deadline"] = time_of(deadline);
  }
  return {
      .code = "running",
      .text = std::move(text),
      .facts = known.dump(),
      .advice = fmt::format("`stint job logs {0} --watch` follows it, `stint job stack {0}` shows "
                            "where it is",
                            job.id.value)};
}

std::vector<Reason> explain_held(const ExplainFacts& facts) {
  std::vector<Reason> reasons;
  if (facts.holder && facts.holder->state != WorkerState::kAlive) {
    reasons.push_back(explain_lost(facts));
  }
  if (const auto age = silence(facts)) reasons.push_back(explain_silence(facts, *age));
  if (facts.job.state == JobState::kAborting) reasons.push_back(explain_abort_asked(facts));
  reasons.push_back(explain_running(facts));
  return reasons;
}

}  // namespace

std::vector<Reason> explain_job(const ExplainFacts& facts) {
  switch (facts.job.state) {
    case JobState::kDone:
      return {explain_done(facts)};
    case JobState::kFailed:
      return {explain_failed(facts)};
    case JobState::kAborted:
      return {explain_aborted(facts)};
    case JobState::kRunning:
    case JobState::kAborting:
      return explain_held(facts);
    case JobState::kQueued:
    case JobState::kGated:
    case JobState::kScheduled:
    case JobState::kBlocked:
      break;
  }
  return explain_waiting(facts);
}

bool serves_domain(std::string_view domains, std::string_view domain) {
  while (!domains.empty()) {
    const std::size_t end = domains.find(',');
    std::string_view part = domains.substr(0, end);
    part = part.substr(0, part.find('='));
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (part == domain) return true;
    if (end == std::string_view::npos) break;
    domains.remove_prefix(end + 1);
  }
  return false;
}

bool may_take(const LiveWorker& worker, std::string_view task, std::string_view domain,
              std::string_view node) {
  return serves_domain(worker.record.info.domains, domain) &&
         (node.empty() || worker.record.info.node == node) &&
         (!worker.tasks || std::ranges::find(*worker.tasks, task) != worker.tasks->end());
}

}  // namespace stint
