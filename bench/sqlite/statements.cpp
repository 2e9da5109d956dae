#include "sqlite/statements.hpp"
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "core/store.hpp"
#include "meter.hpp"
#include "sqlite/driver.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::bench {
namespace {

namespace sql = ::stint::sqlite::sql;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kTask = "noop.run";
constexpr std::string_view kDomain = "default";
constexpr const char* kFile = "stint.db";
constexpr std::int64_t kAboveAllPriorities = 32'768;

std::filesystem::path file_of(const Plan& plan) { return plan.folder / kFile; }

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The claim asks this of each row.
void may_claim(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  const auto* task = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
  const bool is_ours = sqlite3_value_type(values[1]) == SQLITE_NULL && kTask == task;
  sqlite3_result_int(context, is_ours ? 1 : 0);
}

SqliteDatabase open_with_function(const std::filesystem::path& file) {
  SqliteDatabase database{file};
  database.execute("pragma temp_store = memory");
  sqlite3_create_function_v2(database.get(), "may_claim", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                             nullptr, &may_claim, nullptr, nullptr, nullptr);
  return database;
}

struct Claimed {
  std::int64_t id;
  std::int64_t epoch;
};

/// Our tables and the hot statements.
class Statements final {
 public:
  explicit Statements(const std::filesystem::path& file) : database_(open_with_function(file)) {}

  void insert(int count) {
    database_.execute("begin immediate");
    const std::int64_t now = now_us();
    read_sequence_.bind(1, std::string_view{"job"});
    read_sequence_.step();
    std::int64_t id = read_sequence_.int64(0);
    read_sequence_.reset();
    for (int i = 0; i < count; ++i) {
      ++id;
      insert_job(id, now);
      insert_live(id, now);
    }
    write_sequence_.bind(1, std::string_view{"job"});
    write_sequence_.bind(2, id);
    write_sequence_.run();
    database_.execute("commit");
  }

  /// Returns how many were completed.
  int drain(std::int64_t worker, int batch) {
    int completed = 0;
    std::vector<Claimed> claimed;
    do {
      database_.execute("begin immediate");
      for (const Claimed& job : claimed) completed += complete(job);
      claim(worker, batch, claimed);
      database_.execute("commit");
    } while (!claimed.empty());
    return completed;
  }

 private:
  void insert_job(std::int64_t id, std::int64_t now) {
    SqliteStatement& insert = insert_job_;
    insert.bind(1, id);
    insert.bind(2, kTask);
    insert.bind(3, std::string_view{"{}"});
    insert.bind(4, now);
    insert.bind(5, kDomain);
    insert.bind_null(6);
    insert.bind(7, 0);
    insert.bind(8, 1);
    for (const int zero : {9, 10, 11}) insert.bind(zero, 0);
    for (const int null : {12, 13, 14}) insert.bind_null(null);
    insert.run();
  }

  void insert_live(std::int64_t id, std::int64_t now) {
    SqliteStatement& insert = insert_live_;
    insert.bind(1, id);
    insert.bind(2, kDomain);
    insert.bind(3, kTask);
    insert.bind_null(4);
    insert.bind(5, 0);
    insert.bind(6, 0);
    insert.bind(7, 1);
    insert.bind(8, now);
    insert.run();
  }

  int complete(const Claimed& job) {
    const std::int64_t now = now_us();
    SqliteStatement& finish = finish_job_;
    finish.bind(1, job.id);
    finish.bind(2, job.epoch);
    finish.bind(3, static_cast<std::int64_t>(JobState::kRunning));
    finish.bind(4, static_cast<std::int64_t>(JobState::kDone));
    finish.bind(5, 0);
    finish.bind(6, 1);
    for (const int zero : {7, 8, 9}) finish.bind(zero, 0);
    for (const int time : {10, 11}) finish.bind(time, now);
    for (const int null : {12, 13, 14}) finish.bind_null(null);
    const int moved = finish.run();
    delete_live_.bind(1, job.id);
    delete_live_.run();
    return moved;
  }

  void claim(std::int64_t worker, int limit, std::vector<Claimed>& claimed) {
    claimed.clear();
    find_worker_.bind(1, worker);
    find_worker_.step();
    find_worker_.reset();
    next_lane_.bind(1, kDomain);
    next_lane_.bind(2, kAboveAllPriorities);
    next_lane_.step();
    const std::int64_t lane = next_lane_.int64(0);
    next_lane_.reset();
    claim_.bind(1, kDomain);
    claim_.bind(2, lane);
    claim_.bind(3, now_us());
    claim_.bind(4, limit);
    while (claim_.step()) claimed.push_back({claim_.int64(0), claim_.int64(1) + 1});
    claim_.reset();
    for (const Claimed& job : claimed) {
      claim_job_.bind(1, job.id);
      claim_job_.bind(2, worker);
      claim_job_.run();
    }
  }

  SqliteDatabase database_;
  SqliteStatement read_sequence_ = database_.prepare(sql::read_sequence.text);
  SqliteStatement write_sequence_ = database_.prepare(sql::write_sequence.text);
  SqliteStatement insert_job_ = database_.prepare(sql::insert_job.text);
  SqliteStatement insert_live_ = database_.prepare(sql::insert_live.text);
  SqliteStatement find_worker_ = database_.prepare(sql::find_worker.text);
  SqliteStatement next_lane_ = database_.prepare(sql::next_lane.text);
  SqliteStatement claim_ = database_.prepare(sql::claim.text);
  SqliteStatement claim_job_ = database_.prepare(sql::claim_job.text);
  SqliteStatement finish_job_ = database_.prepare(sql::finish_job.text);
  SqliteStatement delete_live_ = database_.prepare(sql::delete_live.text);
};

void expect(std::int64_t count, std::int64_t expected) {
  if (count != expected) {
    throw std::runtime_error{fmt::format("did {} jobs in place of {}", count, expected)};
  }
}

}  // namespace

StorePlace sqlite_place(const Plan& plan) {
  const std::string url = "sqlite:" + file_of(plan).string();
  return {.url = url, .make_new = [plan, url] {
            remove_sqlite_files(file_of(plan));
            open_schema({.url = url})->migrate();
          }};
}

Contestant sqlite_statements_bulk(const Plan& plan, const StorePlace& place) {
  return {.name = fmt::format("our statements, {}", plan.bulk), .round = [plan, place] {
            place.make_new();
            Statements statements{file_of(plan)};
            const Meter meter;
            for (int done = 0; done < plan.jobs; done += plan.bulk) statements.insert(plan.bulk);
            return meter.stop(plan.jobs);
          }};
}

Contestant sqlite_statements_one_by_one(const Plan& plan, const StorePlace& place) {
  return {.name = "our statements, 1", .round = [plan, place] {
            place.make_new();
            Statements statements{file_of(plan)};
            const auto end = Clock::now() + std::chrono::duration<double>{plan.one_by_one_seconds};
            std::int64_t jobs = 0;
            const Meter meter;
            for (; Clock::now() < end; ++jobs) statements.insert(1);
            return meter.stop(jobs);
          }};
}

Contestant sqlite_statements_drain(const Plan& plan, const StorePlace& place) {
  return {.name = fmt::format("our statements, {}, fused", plan.batch), .round = [plan, place] {
            place.make_new();
            const WorkerId worker =
                open_store({.url = place.url})->register_worker({.node = "bench", .host = "bench"});
            Statements statements{file_of(plan)};
            for (int done = 0; done < plan.jobs; done += plan.bulk) statements.insert(plan.bulk);
            const Meter meter;
            const int completed = statements.drain(worker.value, plan.batch);
            const Sample sample = meter.stop(completed);
            expect(completed, plan.jobs);
            return sample;
          }};
}

}  // namespace stint::bench
