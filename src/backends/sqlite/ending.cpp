#include "backends/sqlite/ending.hpp"
#include "backends/sqlite/json_text.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {

std::optional<LiveJob> find_live(Connection& connection, JobId id) {
  Query row = connection.use(sql::find_live);
  if (!row.bind(id.value).step()) return std::nullopt;
  return LiveJob{.id = id,
                 .epoch = Epoch{row.int64(0)},
                 .state = static_cast<JobState>(row.integer(1)),
                 .domain = row.text(2),
                 .flags = JobFlags{row.integer(3)},
                 .max_attempts = row.integer(4),
                 .attempts = row.integer(5),
                 .failures = row.integer(6),
                 .crashes = row.integer(7),
                 .lone_crashes = row.integer(8),
                 .worker = row.optional_int64(9),
                 .started_at = row.optional_int64(10),
                 .abort_asked = !row.is_null(11),
                 .abort_message = row.text(12)};
}

JobState finish(Transaction& transaction, const LiveJob& job, JobState final_state,
                const Ending& ending) {
  const Counts& counts = ending.counts;
  transaction.connection.use(sql::finish_job)
      .bind(job.id.value, job.epoch.value, static_cast<int>(job.state),
            static_cast<int>(final_state), ending.epoch_step, counts.attempts, counts.failures,
            counts.crashes, counts.interruptions, ending.started_at, ending.ended_at,
            null_if_empty(ending.cause), null_if_empty(ending.error), null_if_empty(ending.output))
      .run();
  transaction.connection.use(sql::delete_live).bind(job.id.value).run();
  return final_state;
}

JobState requeue(Transaction& transaction, const LiveJob& job, std::optional<std::int64_t> run_at,
                 const Ending& ending) {
  const Counts& counts = ending.counts;
  transaction.connection.use(sql::requeue_job)
      .bind(job.id.value, ending.epoch_step, counts.attempts, counts.failures, counts.crashes,
            counts.lone_crashes, counts.interruptions, run_at, ending.started_at,
            null_if_empty(ending.cause), null_if_empty(ending.error))
      .run();
  if (!run_at || *run_at <= transaction.now) transaction.events.insert(job.domain);
  return JobState::kQueued;
}

JobState finish_aborted(Transaction& transaction, const LiveJob& job, Ending ending) {
  std::string error;
  if (!job.abort_message.empty() && (ending.error.empty() || ending.cause != "aborted")) {
    error = json_error("Aborted", job.abort_message);
    ending.error = error;
  }
  ending.cause = "aborted";
  return finish(transaction, job, JobState::kAborted, ending);
}

void remember_attempt(Transaction& transaction, const LiveJob& job, const Ending& ending) {
  transaction.connection.use(sql::insert_attempt)
      .bind(job.id.value, job.attempts + ending.counts.attempts, job.epoch.value, job.worker,
            ending.started_at, ending.ended_at, ending.cause, null_if_empty(ending.error))
      .run();
}

}  // namespace stint::sqlite
