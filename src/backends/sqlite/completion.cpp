#include "backends/sqlite/completion.hpp"
#include "backends/sqlite/ending.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

constexpr int kOutput = 2;

/// When an attempt began and ended, computed back from this write.
struct Times {
  std::int64_t ended_at;
  std::optional<std::int64_t> started_at;  // nothing if it never began

  Times(const Transaction& transaction, const Completion& completion)
      : ended_at(transaction.now - completion.ended_before.count()) {
    if (completion.started) started_at = ended_at - completion.ran_for.count();
  }
};

std::string_view or_else(std::string_view text, std::string_view other) {
  return text.empty() ? other : text;
}

// The usual end, without a look at the row first.
WriteResult complete_done(Transaction& transaction, const Completion& completion) {
  Connection& connection = transaction.connection;
  const Times times{transaction, completion};
  const int moved =
      connection.use(sql::finish_job)
          .bind(completion.id.value, completion.epoch.value, static_cast<int>(JobState::kRunning),
                static_cast<int>(JobState::kDone), 0, completion.started, 0, 0, 0, times.started_at,
                times.ended_at, nullptr, nullptr, null_if_empty(completion.output))
          .run();
  if (moved == 0) return WriteResult::kFenced;
  connection.use(sql::delete_live).bind(completion.id.value).run();
  return WriteResult::kAccepted;
}

void settle_failure(Transaction& transaction, const LiveJob& job, const Completion& completion,
                    Ending ending) {
  const bool is_rejected = completion.outcome == Outcome::kRejected;
  ending.counts.failures = 1;
  ending.cause = or_else(completion.cause, is_rejected ? "rejected" : "error");
  remember_attempt(transaction, job, ending);
  if (is_rejected || (!job.abort_asked && job.failures + 1 >= job.max_attempts)) {
    finish(transaction, job, JobState::kFailed, ending);
  } else if (job.abort_asked) {
    finish_aborted(transaction, job, ending);
  } else {
    requeue(transaction, job, transaction.now + microseconds{completion.delay}.count(), ending);
  }
}

void settle(Transaction& transaction, const LiveJob& job, const Completion& completion) {
  const Times times{transaction, completion};
  Ending ending{.counts = {.attempts = completion.started ? 1 : 0},
                .started_at = job.started_at ? job.started_at : times.started_at,
                .ended_at = times.ended_at,
                .error = completion.error,
                .output = completion.output};
  switch (completion.outcome) {
    case Outcome::kDone:
      return finish(transaction, job, JobState::kDone, ending);
    case Outcome::kFailed:
    case Outcome::kRejected:
      return settle_failure(transaction, job, completion, ending);
    case Outcome::kAborted:
      ending.cause = "aborted";
      return finish_aborted(transaction, job, ending);
    case Outcome::kSnoozed:
      if (job.abort_asked) return finish_aborted(transaction, job, ending);
      return requeue(transaction, job, transaction.now + microseconds{completion.delay}.count(),
                     Ending{});
    case Outcome::kInterrupted:
      ending.counts.interruptions = 1;
      if (job.abort_asked) return finish_aborted(transaction, job, ending);
      ending.error = {};
      return requeue(transaction, job, std::nullopt, ending);
  }
}

bool is_final_now(Connection& connection, JobId id) { return !find_live(connection, id); }

void keep_output_bytes(Transaction& transaction, const Completion& completion) {
  for (std::size_t i = 0; i < completion.attachments.size(); ++i) {
    transaction.connection.use(sql::insert_attachments)
        .bind(completion.id.value, kOutput, i, Blob{completion.attachments[i]})
        .run();
  }
}

WriteResult complete_job(Transaction& transaction, const Completion& completion) {
  WriteResult result = WriteResult::kAccepted;
  if (completion.outcome == Outcome::kDone) {
    result = complete_done(transaction, completion);
  } else {
    const std::optional<LiveJob> job = find_live(transaction.connection, completion.id);
    if (!job || job->state != JobState::kRunning || job->epoch != completion.epoch) {
      return WriteResult::kFenced;
    }
    settle(transaction, *job, completion);
  }
  if (result == WriteResult::kAccepted && !completion.attachments.empty() &&
      is_final_now(transaction.connection, completion.id)) {
    keep_output_bytes(transaction, completion);
  }
  return result;
}

}  // namespace

std::vector<WriteResult> complete_jobs(Transaction& transaction,
                                       std::span<const Completion> completions) {
  std::vector<WriteResult> results;
  results.reserve(completions.size());
  for (const Completion& completion : completions) {
    results.push_back(complete_job(transaction, completion));
  }
  return results;
}

std::vector<WriteResult> report_activities(Transaction& transaction,
                                           std::span<const Activity> activities) {
  Query report = transaction.connection.use(sql::report);
  std::vector<WriteResult> results;
  results.reserve(activities.size());
  for (const Activity& activity : activities) {
    // A progress comes with its message, which may be none; a message may come alone.
    std::optional<std::string_view> message = null_if_empty(activity.progress_message);
    if (activity.progress && !message) message = std::string_view{};
    const int written =
        report
            .bind(activity.id.value, activity.epoch.value,
                  transaction.now - activity.running_for.count(), activity.progress, message)
            .run();
    results.push_back(written == 1 ? WriteResult::kAccepted : WriteResult::kFenced);
  }
  return results;
}

}  // namespace stint::sqlite
