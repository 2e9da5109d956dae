#include "sqlite/floor.hpp"
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include "expect.hpp"
#include "idle_pause.hpp"
#include "meter.hpp"
#include "sqlite/driver.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kTables = R"sql(
create table job (
  id integer primary key,
  task text not null,
  args text not null,
  priority integer not null,
  state integer not null,
  run_at integer not null,
  epoch integer not null,
  worker integer,
  finished_at integer
) strict;
create index job_queued on job (priority, run_at) where state = 1;
)sql";

constexpr std::string_view kInsert =
    "insert into job (id, task, args, priority, state, run_at, epoch) values (?1, ?2, ?3, 0, 1, "
    "?4, 0)";

constexpr std::string_view kClaim = R"sql(
update job set state = 3, epoch = epoch + 1, worker = ?1
where id in (select id from job indexed by job_queued
             where state = 1 and priority = 0 and run_at <= ?2 order by run_at, id limit ?3)
returning id, epoch)sql";

constexpr std::string_view kComplete =
    "update job set state = 4, finished_at = ?3 where id = ?1 and epoch = ?2 and state = 3";

struct Claimed {
  std::int64_t id;
  std::int64_t epoch;
};

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// A new file with the floor's table and its prepared statements.
class Floor final {
 public:
  explicit Floor(const Plan& plan) : file_(plan.folder / "floor.db"), database_(fresh(file_)) {}
  ~Floor() { remove_sqlite_files(file_); }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  void insert(int count) {
    database_.execute("begin immediate");
    const std::int64_t now = now_us();
    for (int i = 0; i < count; ++i) {
      insert_.bind(1, ++last_id_);
      insert_.bind(2, std::string_view{"noop.run"});
      insert_.bind(3, std::string_view{"{}"});
      insert_.bind(4, now);
      insert_.run();
    }
    database_.execute("commit");
  }

  void claim(int limit, std::vector<Claimed>& claimed) {
    claimed.clear();
    claim_.bind(1, 1);
    claim_.bind(2, now_us());
    claim_.bind(3, limit);
    while (claim_.step()) claimed.push_back({claim_.int64(0), claim_.int64(1)});
    claim_.reset();
  }

  int complete(const std::vector<Claimed>& claimed) {
    int completed = 0;
    const std::int64_t now = now_us();
    for (const Claimed& job : claimed) {
      complete_.bind(1, job.id);
      complete_.bind(2, job.epoch);
      complete_.bind(3, now);
      completed += complete_.run();
    }
    return completed;
  }

  /// Complete a batch and claim the next in one transaction until nothing is left; returns how many
  /// were completed.
  int drain(int batch) {
    int completed = 0;
    std::vector<Claimed> claimed;
    do {
      database_.execute("begin immediate");
      completed += complete(claimed);
      claim(batch, claimed);
      database_.execute("commit");
    } while (!claimed.empty());
    return completed;
  }

  SqliteDatabase& database() { return database_; }

 private:
  static SqliteDatabase fresh(const std::filesystem::path& file) {
    remove_sqlite_files(file);
    SqliteDatabase database{file};
    database.execute(kTables);
    return database;
  }

  std::filesystem::path file_;
  SqliteDatabase database_;
  SqliteStatement insert_ = database_.prepare(kInsert);
  SqliteStatement claim_ = database_.prepare(kClaim);
  SqliteStatement complete_ = database_.prepare(kComplete);
  std::int64_t last_id_ = 0;
};

// Sleep until told, then claim one job; note how long that took from `committed_at`.
std::vector<double> wake_and_claim(Floor& floor, int jobs) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<double> waited_ms;
  bool has_job = false;
  int completed = 0;
  Clock::time_point committed_at;
  const auto is_quiet = [&] { return !has_job; };
  std::thread worker{[&] {
    std::vector<Claimed> claimed;
    std::unique_lock lock{mutex};
    while (static_cast<int>(waited_ms.size()) < jobs) {
      changed.wait(lock, [&] { return has_job; });
      floor.claim(1, claimed);
      waited_ms.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - committed_at).count());
      completed += floor.complete(claimed);
      has_job = false;
      changed.notify_all();
    }
  }};
  for (int i = 0; i < jobs; ++i) {
    pause_until_idle();
    std::unique_lock lock{mutex};
    floor.insert(1);
    committed_at = Clock::now();
    has_job = true;
    changed.notify_all();
    changed.wait(lock, is_quiet);
  }
  worker.join();
  expect(completed, jobs);
  return waited_ms;
}

}  // namespace

Contestant sqlite_floor_bulk(const Plan& plan) {
  return {.name = fmt::format("floor: insert of {}", plan.bulk), .round = [plan] {
            Floor floor{plan};
            const Meter meter;
            for (int done = 0; done < plan.jobs; done += plan.bulk) floor.insert(plan.bulk);
            return meter.stop(plan.jobs);
          }};
}

Contestant sqlite_floor_one_by_one(const Plan& plan) {
  return {.name = "floor: insert of 1", .round = [plan] {
            Floor floor{plan};
            const auto end = Clock::now() + std::chrono::duration<double>{plan.one_by_one_seconds};
            int jobs = 0;
            const Meter meter;
            for (; Clock::now() < end; ++jobs) floor.insert(1);
            return meter.stop(jobs);
          }};
}

Contestant sqlite_floor_drain(const Plan& plan) {
  return {.name = fmt::format("floor: claim + complete of {}", plan.batch), .round = [plan] {
            Floor floor{plan};
            for (int done = 0; done < plan.jobs; done += plan.bulk) floor.insert(plan.bulk);
            const Meter meter;
            const int completed = floor.drain(plan.batch);
            const Sample sample = meter.stop(completed);
            expect(completed, plan.jobs);
            return sample;
          }};
}

Contestant sqlite_floor_latency(const Plan& plan) {
  return {.name = "floor: wake a thread, claim 1", .round = [plan] {
            Floor floor{plan};
            const Meter meter;
            std::vector<double> waited_ms = wake_and_claim(floor, plan.latency_jobs);
            Sample sample = meter.stop(plan.latency_jobs);
            sample.values = std::move(waited_ms);
            return sample;
          }};
}

}  // namespace stint::bench
