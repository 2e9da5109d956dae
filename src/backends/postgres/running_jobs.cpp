#include "backends/postgres/running_jobs.hpp"
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <fmt/core.h>
#include "backends/postgres/errors.hpp"
#include "base/utf8.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

// Two threads that log for one job at once may take the same number; one of them tries again.
constexpr int kMostAborts = 10;

}  // namespace

std::vector<WriteResult> RunningJobs::report(std::span<const Activity> activities) {
  if (activities.empty()) return {};
  // The last one of each job counts; in the order of ids, as in every batch.
  std::map<std::pair<std::int64_t, std::int64_t>, const Activity*> latest;
  for (const Activity& one : activities) latest[{one.id.value, one.epoch.value}] = &one;
  const std::size_t rows = latest.size();
  Column ids = Column::int64s(rows);
  Column epochs = Column::int64s(rows);
  Column running = Column::int64s(rows);
  Column progress = Column::floats(rows);
  Column messages = Column::texts(rows);
  for (const auto& [key, one] : latest) {
    ids.add(key.first);
    epochs.add(key.second);
    running.add(static_cast<std::int64_t>(one->running_for.count()));
    if (one->progress) {
      progress.add(static_cast<float>(*one->progress));
      // A progress comes with its message, which may be none; a message may come alone.
      messages.add(std::string_view{sanitize_text(one->progress_message)});
    } else {
      progress.add_null();
      messages.add_or_null(sanitize_text(one->progress_message));
    }
  }
  Parameters parameters;
  parameters.add(database_.test_time())
      .add(std::move(ids))
      .add(std::move(epochs))
      .add(std::move(running))
      .add(std::move(progress))
      .add(std::move(messages));
  const Result result = database_.run(sql::report, std::move(parameters));
  std::set<std::pair<std::int64_t, std::int64_t>> accepted;
  for (int i = 0; i < result.rows(); ++i) {
    accepted.emplace(result.row(i).int64(0), result.row(i).int64(1));
  }
  std::vector<WriteResult> results;
  results.reserve(activities.size());
  for (const Activity& one : activities) {
    results.push_back(accepted.contains({one.id.value, one.epoch.value}) ? WriteResult::kAccepted
                                                                         : WriteResult::kFenced);
  }
  return results;
}

void RunningJobs::append_log(std::span<const NewLogLine> lines) {
  if (lines.empty()) return;
  const std::size_t rows = lines.size();
  Column jobs = Column::int64s(rows);
  Column epochs = Column::int64s(rows);
  Column places = Column::int64s(rows);
  Column attempts = Column::int32s(rows);
  Column levels = Column::int16s(rows);
  Column sources = Column::int16s(rows);
  Column times = Column::times(rows);
  Column texts = Column::texts(rows);
  std::map<std::pair<JobId, Epoch>, std::int64_t> count;
  for (const NewLogLine& line : lines) {
    jobs.add(line.job.value);
    epochs.add(line.epoch.value);
    places.add(++count[{line.job, line.epoch}]);
    attempts.add(static_cast<std::int32_t>(line.attempt));
    levels.add(static_cast<std::int16_t>(line.level));
    sources.add(static_cast<std::int16_t>(line.source));
    times.add(line.at);
    texts.add(std::string_view{sanitize_text(line.text)});
  }
  Parameters parameters;
  parameters.add(std::move(jobs))
      .add(std::move(epochs))
      .add(std::move(places))
      .add(std::move(attempts))
      .add(std::move(levels))
      .add(std::move(times))
      .add(std::move(texts))
      .add(std::move(sources));
  const Command command{&sql::append_log, std::move(parameters)};
  for (int tries = 1;; ++tries) {
    try {
      database_.run({&command, 1}, Resend::kForbidden);
      return;
    } catch (const Error& error) {
      if (error.native_code() != sqlstate::kUniqueViolation || tries >= kMostAborts) throw;
    }
  }
}

JobRequests RunningJobs::job_requests(WorkerId worker) {
  Parameters parameters;
  parameters.add(worker);
  const Result result = database_.run(sql::job_requests, std::move(parameters));
  JobRequests requests;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    const JobId id{row.int64(0)};
    const Epoch epoch{row.int64(1)};
    if (row.boolean(2)) {
      requests.aborts.push_back({.id = id, .epoch = epoch, .message = row.string(3)});
    }
    if (!row.is_null(4)) {
      requests.stacks.push_back({.id = id, .epoch = epoch, .look = row.int32(4)});
    }
  }
  return requests;
}

std::optional<JobState> RunningJobs::abort(JobId id, std::string_view message) {
  const std::string text = sanitize_text(message);
  Parameters lock;
  lock.add(id);
  Parameters waiting;
  waiting.add(id).add(database_.test_time()).add_or_null(text);
  Parameters running = waiting;
  Column ids = Column::int64s(1);
  ids.add(id.value);
  Parameters states;
  states.add(std::move(ids)).add(database_.test_time());
  const std::array<Command, 4> commands{
      Command{&sql::lock_job, std::move(lock)}, Command{&sql::abort_waiting, std::move(waiting)},
      Command{&sql::mark_abort, std::move(running)}, Command{&sql::job_states, std::move(states)}};
  const std::vector<Result> results = database_.run(commands, Resend::kAllowed);
  const Result& locked = results[0];
  if (!locked.empty() && !locked.row(0).is_null(1)) {
    notifier_.notify(fmt::format("{}{}", kWorkerPrefix, locked.row(0).int64(1)));
  }
  if (results[3].empty()) return std::nullopt;
  return static_cast<JobState>(results[3].row(0).int32(1));
}

std::optional<AskedStacks> RunningJobs::ask_stacks(JobId id) {
  Parameters parameters;
  parameters.add(id);
  Column ids = Column::int64s(1);
  ids.add(id.value);
  Parameters states;
  states.add(std::move(ids)).add(database_.test_time());
  const std::array<Command, 2> commands{Command{&sql::ask_stacks, std::move(parameters)},
                                        Command{&sql::job_states, std::move(states)}};
  // Asked twice, it is answered once: by the later number.
  const std::vector<Result> results = database_.run(commands, Resend::kAllowed);
  if (results[1].empty()) return std::nullopt;
  AskedStacks asked{.state = static_cast<JobState>(results[1].row(0).int32(1))};
  if (results[0].empty()) return asked;
  const Row row = results[0].row(0);
  asked.epoch = Epoch{row.int64(0)};
  asked.worker = WorkerId{row.int64(1)};
  asked.look = row.int32(2);
  asked.last_line = row.int64(3);
  notifier_.notify(fmt::format("{}{}", kWorkerPrefix, asked.worker.value));
  return asked;
}

}  // namespace stint::postgres
