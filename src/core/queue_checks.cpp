#include "core/queue_checks.hpp"
#include <algorithm>
#include <map>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "core/explain_words.hpp"

namespace stint {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kLargeSkew = seconds{1};
constexpr nanoseconds kVeryLargeSkew = minutes{5};
constexpr nanoseconds kLongWait = minutes{10};

std::string described(const WaitingJobs& jobs) {
  return fmt::format("{} of {} (domain {}{})", count_of(jobs.jobs, "job"), jobs.task, jobs.domain,
                     jobs.node.empty() ? "" : ", node " + jobs.node);
}

}  // namespace

std::string_view to_string(HealthStatus status) {
  switch (status) {
    case HealthStatus::kOk:
      return "ok";
    case HealthStatus::kWarning:
      return "warning";
    case HealthStatus::kProblem:
      return "problem";
    case HealthStatus::kUnknown:
      break;
  }
  return "unknown";
}

void add_ended(QueueLook& look, JobState state, std::string_view cause, std::int64_t jobs) {
  if (state == JobState::kDone) look.done += jobs;
  if (state == JobState::kAborted) look.aborted += jobs;
  if (state != JobState::kFailed) return;
  look.failed += jobs;
  if (look.often_failed.empty()) look.often_failed = cause;
}

ClockSkew skew_of(std::span<const ClockReading> readings) {
  ClockSkew skew{.least = readings.front().store_time - readings.front().answered_at,
                 .most = readings.front().store_time - readings.front().asked_at};
  for (const ClockReading& reading : readings) {
    // The server read its clock at some moment between the question and the answer.
    skew.least = std::max<nanoseconds>(skew.least, reading.store_time - reading.answered_at);
    skew.most = std::min<nanoseconds>(skew.most, reading.store_time - reading.asked_at);
  }
  return skew;
}

HealthCheck check_clock(const ClockSkew& skew) {
  HealthCheck check{.name = "clock",
                    .meaning = "times of logs and of `--at` mean the same here and in the store"};
  // The least that the clocks differ by for certain.
  const bool is_ahead = skew.least.count() > 0;
  const bool is_behind = skew.most.count() < 0;
  const nanoseconds certain = is_ahead ? skew.least : is_behind ? -skew.most : nanoseconds{0};
  const nanoseconds middle = (skew.least + skew.most) / 2;
  const double round_trip = std::chrono::duration<double>(skew.most - skew.least).count();
  check.value = fmt::format("the store's clock is {:.3f} s {} this machine's (within {:.3f} s)",
                            std::abs(std::chrono::duration<double>(middle).count()),
                            middle.count() < 0 ? "behind" : "ahead of", round_trip / 2);
  if (certain < kLargeSkew) return check;
  check.status = certain < kVeryLargeSkew ? HealthStatus::kWarning : HealthStatus::kProblem;
  check.meaning =
      "log lines show times of this machine's clock, and --at means the store's: they are off by "
      "that "
      "much. Leases, timeouts and retries are not: none compares the clocks of two machines";
  check.advice = "have both machines keep their time (chrony, systemd-timesyncd)";
  return check;
}

HealthCheck check_schema(const SchemaLook& schema, std::string_view backend) {
  HealthCheck check{
      .name = "schema",
      .value = fmt::format("version {} (this program knows {})", schema.version, schema.newest),
      .meaning = "the tables are those of this program"};
  if (schema.version == schema.newest) return check;
  const bool is_sqlite = backend == "sqlite";
  if (schema.version == 0) {
    check.value = "there are no tables yet";
    check.status = is_sqlite ? HealthStatus::kOk : HealthStatus::kProblem;
    check.meaning = is_sqlite ? "they are made at the first use" : "nothing can be enqueued or run";
    if (!is_sqlite) check.advice = "make them with `stint db init`";
  } else if (schema.version < schema.newest) {
    check.status = is_sqlite ? HealthStatus::kOk : HealthStatus::kProblem;
    check.meaning = is_sqlite ? "they are brought up to date at the next use of the store"
                              : "this program refuses to use them";
    if (!is_sqlite) check.advice = "bring them up to date with `stint db migrate`";
  } else if (schema.takes_this_program) {
    check.status = HealthStatus::kWarning;
    check.meaning = "the tables are newer; they say that this program still works with them";
    check.advice = "update this program soon: the next migration may be one that it cannot bear";
  } else {
    check.status = HealthStatus::kProblem;
    check.meaning = "the tables are newer than this program, which refuses to use them";
    check.advice = "use a newer version of this program";
  }
  return check;
}

HealthCheck check_stranded(const QueueLook& queue, std::span<const LiveWorker> workers) {
  HealthCheck check{.name = "stranded_jobs",
                    .value = "none",
                    .meaning = "each due job has a live worker that can take it"};
  std::vector<std::string> stranded;
  std::int64_t jobs = 0;
  for (const WaitingJobs& waiting : queue.waiting) {
    const bool is_taken = std::ranges::any_of(workers, [&](const LiveWorker& worker) {
      return may_take(worker, waiting.task, waiting.domain, waiting.node);
    });
    if (is_taken) continue;
    jobs += waiting.jobs;
    if (stranded.size() < 3) stranded.push_back(described(waiting));
  }
  if (stranded.empty()) return check;
  check.status = HealthStatus::kProblem;
  check.value = fmt::format("{}{}: {}", queue.is_cut ? "at least " : "", count_of(jobs, "due job"),
                            fmt::join(stranded, "; "));
  check.meaning = workers.empty() ? "no worker is alive: these jobs wait for ever"
                                  : "no live worker serves that domain and node and has that task: "
                                    "these jobs wait for ever";
  check.advice = "start the program that has the task; `stint explain JOB` says what is missing";
  return check;
}

HealthCheck check_queue_age(const QueueLook& queue) {
  HealthCheck check{
      .name = "queue_age", .value = "no job is due", .meaning = "workers keep up with what comes"};
  std::map<std::string, StoreTime> oldest;
  for (const WaitingJobs& waiting : queue.waiting) {
    const auto [place, is_new] = oldest.emplace(waiting.domain, waiting.since);
    if (!is_new) place->second = std::min(place->second, waiting.since);
  }
  if (oldest.empty()) return check;
  std::vector<std::string> parts;
  nanoseconds longest{0};
  for (const auto& [domain, since] : oldest) {
    longest = std::max<nanoseconds>(longest, queue.now - since);
    parts.push_back(fmt::format("{} {}", domain, rough_duration(queue.now - since)));
  }
  check.value = fmt::format("longest due: {}", fmt::join(parts, ", "));
  if (longest < kLongWait) return check;
  check.status = HealthStatus::kWarning;
  check.meaning = "jobs wait long after they are due";
  check.advice =
      "start more workers or give them more slots; `stint explain JOB` tells why one waits";
  return check;
}

HealthCheck check_workers(std::span<const LiveWorker> workers, const StoreStatus::Workers& known,
                          StoreTime now, nanoseconds lease) {
  HealthCheck check{
      .name = "workers",
      .value = fmt::format("{} alive, {} stopped, {} dead", known.alive, known.stopped, known.dead),
      .meaning = "those that are alive have all been heard of lately"};
  std::vector<std::string> silent;
  for (const LiveWorker& worker : workers) {
    if (now - worker.record.beat_at > lease) silent.push_back(name_of(worker.record));
  }
  if (silent.empty()) {
    if (workers.empty()) check.meaning = "nothing runs until a worker is started";
    return check;
  }
  check.status = HealthStatus::kWarning;
  check.value +=
      fmt::format("; silent for more than {}: {}", rough_duration(lease), fmt::join(silent, ", "));
  const bool is_anyone_left = silent.size() < workers.size();
  check.meaning = is_anyone_left
                      ? "they are dead or cut off; a living worker will rescue their jobs"
                      : "they are dead or cut off, and nobody is left to rescue their jobs";
  check.advice = is_anyone_left ? "if they stay listed, look at the logs of the other workers"
                                : "start a worker: it rescues their jobs after one lease";
  return check;
}

HealthCheck check_failed_share(const QueueLook& queue) {
  constexpr std::int64_t kFewEnds = 20;
  const std::int64_t ended = queue.done + queue.failed;
  HealthCheck check{.name = "failed_jobs",
                    .value = "nothing has ended within the last hour",
                    .meaning = "few jobs fail for good"};
  if (ended == 0) return check;
  check.value = fmt::format("{} of {} within the last hour", queue.failed, count_of(ended, "job"));
  if (queue.failed > 0 && !queue.often_failed.empty()) {
    check.value += fmt::format(", most by {}", queue.often_failed);
  }
  const bool is_tenth = queue.failed * 10 >= ended;
  if (!is_tenth || ended < kFewEnds) return check;
  check.status = queue.failed * 2 >= ended ? HealthStatus::kProblem : HealthStatus::kWarning;
  check.meaning = "many jobs fail with no attempt left";
  check.advice = "`stint job list --state failed` and `stint job show JOB` tell why";
  return check;
}

}  // namespace stint
