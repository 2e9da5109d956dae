#include "backends/sqlite/rescue.hpp"
#include <algorithm>
#include <fmt/format.h>
#include "backends/sqlite/ending.hpp"
#include "backends/sqlite/enqueue.hpp"
#include "backends/sqlite/json_text.hpp"
#include "base/backoff.hpp"
#include "base/utf8.hpp"
#include "core/crash_rule.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

std::vector<JobId> jobs_of(Connection& connection, WorkerId worker) {
  std::vector<JobId> jobs;
  Query query = connection.use(sql::worker_jobs);
  query.bind(worker.value);
  while (query.step()) jobs.push_back(JobId{query.int64(0)});
  return jobs;
}

std::string death_notice(Connection& connection, WorkerId worker) {
  Query query = connection.use(sql::find_worker);
  query.bind(worker.value).step();
  return json_error("WorkerDied",
                    fmt::format("worker {} on {} (process {}) died while it ran the job",
                                worker.value, query.text(1), query.integer(2)));
}

/// The rules for one job of a dead worker.
class Rescuer final {
 public:
  Rescuer(Transaction& transaction, const RescueRequest& request,
          const std::function<double()>& draw)
      : transaction_(transaction),
        request_(request),
        draw_(draw),
        error_(death_notice(transaction.connection, request.worker)) {}

  void rescue(const LiveJob& job) {
    if (!had_started(job)) {
      give_back(job);
    } else {
      charge(job);
    }
  }

  const RescueResult& result() const { return result_; }

 private:
  // Without the page nobody knows, and all are charged.
  bool had_started(const LiveJob& job) const {
    return !request_.started ||
           std::ranges::find(*request_.started, StartedJob{job.id, job.epoch}) !=
               request_.started->end();
  }

  // A job that crashed before is run alone.
  bool ran_alone(const LiveJob& job) const {
    return job.crashes > 0 || (request_.started && request_.started->size() == 1);
  }

  void give_back(const LiveJob& job) {
    const Ending ending{.counts = {.interruptions = 1},
                        .epoch_step = 1,
                        .started_at = job.started_at,
                        .ended_at = transaction_.now};
    if (job.abort_asked) {
      finish_aborted(transaction_, job, ending);
      return;
    }
    requeue(transaction_, job, std::nullopt, ending);
    ++result_.interrupted;
  }

  void charge(const LiveJob& job) {
    const bool alone = ran_alone(job);
    Ending ending{.counts = {.attempts = 1, .crashes = 1, .lone_crashes = alone ? 1 : 0},
                  .epoch_step = 1,
                  .started_at = job.started_at,
                  .ended_at = transaction_.now,
                  .cause = "crash",
                  .error = error_};
    remember_attempt(transaction_, job, ending);
    ++result_.crashed;
    if (job.abort_asked) {
      finish_aborted(transaction_, job, ending);
      return;
    }
    const bool over_limit = job.lone_crashes + ending.counts.lone_crashes >= kCrashLimit;
    if (over_limit || job.flags.at_most_once()) {
      if (over_limit) ending.cause = "crash limit";
      finish(transaction_, job, JobState::kFailed, ending);
      ++result_.failed;
      return;
    }
    const auto pause = backoff_pause(kCrashPause, job.crashes + 1, draw_());
    requeue(transaction_, job,
            transaction_.now + std::chrono::duration_cast<microseconds>(pause).count(), ending);
  }

  Transaction& transaction_;
  const RescueRequest& request_;
  const std::function<double()>& draw_;
  std::string error_;
  RescueResult result_{.was_dead = true};
};

WorkerRecord read_worker(const Query& row) {
  return {.id = WorkerId{row.int64(0)},
          .info = {.node = row.text(5),
                   .host = row.text(6),
                   .pid = row.integer(7),
                   .boot_id = row.text(8),
                   .page = row.text(9),
                   .slots = row.integer(10),
                   .domains = row.text(11),
                   .version = row.text(12)},
          .state = static_cast<WorkerState>(row.integer(1)),
          .beat = row.int64(2),
          .started_at = row.time(4),
          .beat_at = row.time(3),
          .running = row.integer(13)};
}

}  // namespace

WorkerId register_worker(Transaction& transaction, const WorkerInfo& info) {
  const std::int64_t id = next_number(transaction.connection, "worker");
  const std::string page = sanitize_text(info.page);
  transaction.connection.use(sql::insert_worker)
      .bind(id, transaction.now, sanitize_text(info.node), sanitize_text(info.host), info.pid,
            sanitize_text(info.boot_id), null_if_empty(page), info.slots,
            sanitize_text(info.domains), sanitize_text(info.version))
      .run();
  return WorkerId{id};
}

bool beat_worker(Transaction& transaction, WorkerId worker, std::string_view counts) {
  return transaction.connection.use(sql::beat_worker)
             .bind(worker.value, transaction.now, null_if_empty(counts))
             .run() == 1;
}

void retire_worker(Transaction& transaction, WorkerId worker) {
  Connection& connection = transaction.connection;
  // One that was declared dead has no jobs any more.
  if (connection.use(sql::stop_worker).bind(worker.value, transaction.now).run() == 0) return;
  for (const JobId id : jobs_of(connection, worker)) {
    const LiveJob job = find_live(connection, id).value();
    const Ending ending{.counts = {.interruptions = 1},
                        .epoch_step = 1,
                        .started_at = job.started_at,
                        .ended_at = transaction.now};
    if (job.abort_asked) {
      finish_aborted(transaction, job, ending);
    } else {
      requeue(transaction, job, std::nullopt, ending);
    }
  }
}

std::vector<WorkerRecord> list_workers(Connection& connection, bool alive_only) {
  std::vector<WorkerRecord> workers;
  Query query = connection.use(sql::list_workers);
  query.bind(alive_only);
  while (query.step()) workers.push_back(read_worker(query));
  return workers;
}

RescueResult rescue_worker(Transaction& transaction, const RescueRequest& request,
                           const std::function<double()>& draw) {
  Connection& connection = transaction.connection;
  const int marked = connection.use(sql::mark_dead)
                         .bind(request.worker.value, request.beat, transaction.now)
                         .run();
  if (marked == 0) return {};
  Rescuer rescuer{transaction, request, draw};
  for (const JobId id : jobs_of(connection, request.worker)) {
    rescuer.rescue(find_live(connection, id).value());
  }
  return rescuer.result();
}

}  // namespace stint::sqlite
