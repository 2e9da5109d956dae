#include "backends/sqlite/store.hpp"
#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>
#include "backends/sqlite/ending.hpp"
#include "backends/sqlite/given_ids.hpp"
#include "backends/sqlite/job_operations.hpp"
#include "backends/sqlite/reading.hpp"
#include "backends/sqlite/rescue.hpp"
#include "backends/sqlite/retention.hpp"
#include "backends/sqlite/status.hpp"
#include "base/utf8.hpp"
#include "core/filter_check.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

constexpr std::int64_t kOwnClock = std::numeric_limits<std::int64_t>::min();
// A purge gives the turn away after so many jobs, for those who wait.
constexpr std::size_t kPurgeSlice = 500;

}  // namespace

SqliteStore::SqliteStore(Place place)
    : place_(std::move(place)),
      test_time_(kOwnClock),
      write_connection_(place_.path, place_.medium),
      ids_(write_connection_, "given_ids", GivenIds::kColumns),
      enqueuer_(write_connection_),
      claimer_(write_connection_, ids_),
      completer_(write_connection_, ids_),
      random_(std::random_device{}()),
      writer_(write_connection_, *place_.turn, *place_.wake, [this] { return now(); }),
      read_connection_(place_.path, place_.medium) {}

std::int64_t SqliteStore::now() const {
  const std::int64_t time = test_time_.load();
  return time == kOwnClock ? to_micros(std::chrono::system_clock::now()) : time;
}

template <typename Read>
auto SqliteStore::read(Read&& read) {
  const MutexLock lock{read_mutex_};
  std::optional<HeldTurn> turn;
  if (place_.medium == Medium::kMemory) turn.emplace(*place_.turn);  // there is no log to read past
  return read(read_connection_);
}

std::vector<Enqueued> SqliteStore::enqueue(std::span<const NewJob> jobs) {
  if (jobs.empty()) return {};
  return writer_.run(
      [&](Transaction& transaction) { return enqueuer_.enqueue(transaction, jobs); });
}

std::optional<JobRecord> SqliteStore::find_job(JobId id) {
  return read([&](Connection& connection) { return sqlite::find_job(connection, id, now()); });
}

JobPage SqliteStore::list_page(const JobFilter& filter) {
  return read([&](Connection& connection) { return sqlite::list_page(connection, filter, now()); });
}

std::vector<AttemptRecord> SqliteStore::list_attempts(JobId id) {
  return read([&](Connection& connection) { return sqlite::list_attempts(connection, id); });
}

std::vector<std::optional<JobState>> SqliteStore::job_states(std::span<const JobId> ids) {
  return read([&](Connection& connection) {
    std::vector<std::optional<JobState>> states;
    states.reserve(ids.size());
    for (const JobId id : ids) states.push_back(find_state(connection, id, now()));
    return states;
  });
}

std::vector<std::string> SqliteStore::load_attachments(JobId id, Attachments which) {
  return read(
      [&](Connection& connection) { return sqlite::load_attachments(connection, id, which); });
}

void SqliteStore::append_log(std::span<const NewLogLine> lines) {
  if (lines.empty()) return;
  writer_.run([&](Transaction& transaction) {
    Query append = transaction.connection.use(sql::append_log);
    for (const NewLogLine& line : lines) {
      append
          .bind(line.job.value, line.epoch.value, line.attempt, static_cast<int>(line.level),
                to_micros(line.at), sanitize_text(line.text), static_cast<int>(line.source))
          .run();
    }
  });
}

std::vector<JobLogLine> SqliteStore::read_log(JobId id, std::int64_t from, int limit) {
  return read(
      [&](Connection& connection) { return sqlite::read_log(connection, id, from, limit); });
}

Exchange SqliteStore::exchange(std::span<const Completion> completions, const ClaimRequest* claim) {
  if (completions.empty() && claim == nullptr) return {};
  return writer_.run([&](Transaction& transaction) {
    Exchange result{.states = completer_.complete(transaction, completions)};
    for (const std::optional<JobState>& state : result.states) {
      result.completed.push_back(state ? WriteResult::kAccepted : WriteResult::kFenced);
    }
    if (claim != nullptr) result.claimed = claimer_.claim(transaction, *claim);
    return result;
  });
}

std::vector<WriteResult> SqliteStore::report(std::span<const Activity> activities) {
  if (activities.empty()) return {};
  return writer_.run(
      [&](Transaction& transaction) { return report_activities(transaction, activities); });
}

JobRequests SqliteStore::job_requests(WorkerId worker) {
  return read([&](Connection& connection) { return sqlite::job_requests(connection, worker); });
}

std::optional<JobState> SqliteStore::abort(JobId id, std::string_view message) {
  const std::string text = sanitize_text(message);
  return writer_.run([&](Transaction& transaction) -> std::optional<JobState> {
    Connection& connection = transaction.connection;
    std::optional<LiveJob> job = find_live(connection, id);
    if (!job) return find_state(connection, id, transaction.now);
    if (job->state == JobState::kRunning) {
      connection.use(sql::mark_abort).bind(id.value, transaction.now, text).run();
      transaction.events.insert(Wake::kRequest);
      return JobState::kAborting;
    }
    job->abort_message = text;
    finish_aborted(transaction, *job, {.ended_at = transaction.now});
    return JobState::kAborted;
  });
}

std::optional<AskedStacks> SqliteStore::ask_stacks(JobId id) {
  return writer_.run([&](Transaction& transaction) -> std::optional<AskedStacks> {
    Connection& connection = transaction.connection;
    const std::optional<JobState> state = find_state(connection, id, transaction.now);
    if (!state) return std::nullopt;
    Query row = connection.use(sql::ask_stacks);
    if (!row.bind(id.value).step()) return AskedStacks{.state = *state};
    transaction.events.insert(Wake::kRequest);
    return AskedStacks{.state = *state,
                       .epoch = Epoch{row.int64(0)},
                       .worker = WorkerId{row.int64(1)},
                       .look = row.integer(2),
                       .last_line = row.int64(3)};
  });
}

std::vector<OperationResult> SqliteStore::retry_jobs(std::span<const JobId> ids, RetryOf which) {
  if (ids.empty()) return {};
  return writer_.run(
      [&](Transaction& transaction) { return sqlite::retry_jobs(transaction, ids, which); });
}

std::vector<OperationResult> SqliteStore::update_jobs(std::span<const JobUpdate> updates) {
  check_updates(updates);
  if (updates.empty()) return {};
  return writer_.run(
      [&](Transaction& transaction) { return sqlite::update_jobs(transaction, updates); });
}

std::vector<OperationResult> SqliteStore::delete_jobs(std::span<const JobId> ids) {
  if (ids.empty()) return {};
  return writer_.run(
      [&](Transaction& transaction) { return sqlite::delete_jobs(transaction, ids); });
}

std::vector<std::int64_t> SqliteStore::count_log_lines(std::span<const JobId> ids) {
  return read([&](Connection& connection) { return sqlite::count_log_lines(connection, ids); });
}

WorkerId SqliteStore::register_worker(const WorkerInfo& info) {
  return writer_.run(
      [&](Transaction& transaction) { return sqlite::register_worker(transaction, info); });
}

bool SqliteStore::beat(WorkerId worker, std::string_view counts) {
  return writer_.run(
      [&](Transaction& transaction) { return beat_worker(transaction, worker, counts); });
}

void SqliteStore::retire_worker(WorkerId worker) {
  writer_.run([&](Transaction& transaction) { sqlite::retire_worker(transaction, worker); });
}

std::vector<WorkerRecord> SqliteStore::list_workers(bool alive_only) {
  return read([&](Connection& connection) { return sqlite::list_workers(connection, alive_only); });
}

RescueResult SqliteStore::rescue(const RescueRequest& request) {
  return writer_.run([&](Transaction& transaction) {
    return rescue_worker(transaction, request,
                         [this] { return std::uniform_real_distribution<double>{-1, 1}(random_); });
  });
}

void SqliteStore::register_tasks(std::span<const TaskRecord> tasks) {
  if (tasks.empty()) return;
  writer_.run([&](Transaction& transaction) {
    Query upsert = transaction.connection.use(sql::upsert_task);
    for (const TaskRecord& task : tasks) {
      upsert.bind(task.name, task.specification, transaction.now).run();
    }
  });
}

std::vector<TaskRecord> SqliteStore::list_tasks() {
  return read([](Connection& connection) { return sqlite::list_tasks(connection); });
}

int SqliteStore::purge_jobs(const PurgeFilter& filter) {
  check_filter(filter);
  const std::vector<JobId> ids =
      read([&](Connection& connection) { return find_purgeable(connection, filter, now()); });
  int removed = 0;
  for (std::span<const JobId> rest{ids}; !rest.empty();) {
    const auto slice = rest.first(std::min(rest.size(), kPurgeSlice));
    rest = rest.subspan(slice.size());
    removed +=
        writer_.run([&](Transaction& transaction) { return remove_jobs(transaction, slice); });
  }
  return removed;
}

int SqliteStore::purge_workers(milliseconds older_than) {
  return writer_.run(
      [&](Transaction& transaction) { return sqlite::purge_workers(transaction, older_than); });
}

StoreStatus SqliteStore::status() {
  return read([&](Connection& connection) { return read_status(connection, now()); });
}

std::unique_ptr<WakeUp> SqliteStore::make_wake_up(std::span<const std::string> domains) {
  return place_.wake->make_wake_up(domains);
}

void SqliteStore::set_time_for_tests(std::optional<StoreTime> time) {
  test_time_.store(time ? to_micros(*time) : kOwnClock);
}

}  // namespace stint::sqlite
