// Migrations of tables that are in use: workers drain and clients enqueue, and none of them waits
// for long, though a transaction that is held open stands in the way.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/schema.hpp"
#include "backends/postgres/statements.hpp"
#include "base/clock.hpp"
#include "support/eventually.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// A program of the first version: it enqueues, claims and completes as that did.
class OldProgram final {
 public:
  explicit OldProgram(const postgres::ConnectOptions& options)
      : schema_(options.schema), session_(postgres::connect(options)) {}

  /// Returns the first column of the last statement's rows; remembers the longest call.
  std::vector<std::int64_t> run(std::string_view text) {
    const nanoseconds begin = real_clock().boot_now();
    const postgres::ResultPointer result{
        PQexec(session_.get(), postgres::with_schema(text, schema_).c_str())};
    longest_ = std::max(longest_, real_clock().boot_now() - begin);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      throw std::runtime_error{PQerrorMessage(session_.get())};
    }
    std::vector<std::int64_t> column;
    column.reserve(static_cast<std::size_t>(PQntuples(result.get())));
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      column.push_back(std::atoll(PQgetvalue(result.get(), row, 0)));
    }
    return column;
  }
  int enqueue() {
    const std::vector<std::int64_t> ids = run("select /* SCHEMA */reserve_job_ids(10)");
    run(fmt::format(
        "with asked as (insert into /* SCHEMA */job (id, created_at, run_at, timeout_ms, priority, "
        "max_attempts, flags, has_attachments, domain, task, args) "
        "select id, now(), now(), 0, 0, 1, 0, false, 'default', 't.run', '{{}}' "
        "from unnest(array[{}]::bigint[]) as id returning *) "
        "insert into /* SCHEMA */live (id, run_at, priority, state, flags, max_attempts, "
        "domain, task) select id, run_at, priority, 1, flags, max_attempts, domain, task "
        "from asked",
        fmt::join(ids, ",")));
    return static_cast<int>(ids.size());
  }
  /// Claim and complete in one transaction each; returns the ids that were completed.
  std::vector<std::int64_t> work() {
    const std::vector<std::int64_t> claimed =
        run("update /* SCHEMA */live set state = 3, epoch = epoch + 1, worker = 1 where id = any("
            "array(select id from /* SCHEMA */live where state = 1 and domain = 'default' and "
            "priority = 0 and run_at <= now() order by run_at, id limit 20 for update skip locked))"
            " returning id");
    if (claimed.empty()) return {};
    return run(fmt::format(
        "with gone as (delete from /* SCHEMA */live where id in ({}) and state = 3 and epoch = 1 "
        "returning *) insert into /* SCHEMA */finished (id, epoch, run_at, finished_at, attempts, "
        "interruptions, crashes, failures, state, domain) select id, epoch, run_at, now(), 1, 0, "
        "0, 0, 4, domain from gone returning id",
        fmt::join(claimed, ",")));
  }
  /// What a worker of that version does beside, on the tables that migrations change.
  void beat() {
    run("update /* SCHEMA */worker set beat = beat + 1, beat_at = now() where id = 1; "
        "insert into /* SCHEMA */log (job, number, at, attempt, level, line) "
        "select 1, coalesce(max(number), 0) + 1, now(), 1, 1, 'x' from /* SCHEMA */log");
  }
  nanoseconds longest() const { return longest_; }

 private:
  const std::string schema_;
  postgres::ConnectionPointer session_;
  nanoseconds longest_{0};
};

class LiveMigration : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place("postgres", missing);
    if (!place_) {
      ASSERT_FALSE(is_required("postgres")) << missing;
      GTEST_SKIP() << missing;
    }
    options_ = postgres::parse_connect_options(place_->url());
  }

  std::unique_ptr<StorePlace> place_;
  postgres::ConnectOptions options_;
};

TEST_F(LiveMigration, HoldsNobodyUpForASecond) {
  const auto known = postgres::known_migrations();
  postgres::PostgresSchema{options_, known.first(1)}.migrate();
  OldProgram user{options_};
  user.run(
      "insert into /* SCHEMA */worker (id, beat_at, started_at, pid, slots, state, node, host, "
      "boot_id, domains, version) values (1, now(), now(), 1, 1, 1, 'n', 'h', '', '', '')");
  constexpr int kPrograms = 4;  // one enqueues, the others work
  std::atomic<bool> is_over{false};
  std::atomic<bool> is_all_enqueued{false};
  std::atomic<int> enqueued{0};
  std::atomic<int> done{0};
  std::array<std::vector<std::int64_t>, kPrograms> completed;
  std::array<nanoseconds, kPrograms> longest{};
  std::vector<std::thread> threads;
  threads.reserve(kPrograms);
  for (std::size_t i = 0; i < kPrograms; ++i) {
    threads.emplace_back([&, i] {
      OldProgram program{options_};
      while (i == 0 && !is_over) {
        // No more than the others keep up with.
        if (enqueued - done < 2000) enqueued += program.enqueue();
      }
      if (i == 0) is_all_enqueued = true;
      while (i > 0 && (!is_all_enqueued || done < enqueued)) {
        const std::vector<std::int64_t> ids = program.work();
        completed.at(i).insert(completed.at(i).end(), ids.begin(), ids.end());
        done += static_cast<int>(ids.size());
        if (i == 1) program.beat();
      }
      longest.at(i) = program.longest();
    });
  }
  EXPECT_TRUE(eventually([&] { return done > 100; }));

  // Somebody looks at the tables and forgets to end.
  user.run("begin; select count(*) from /* SCHEMA */log; select count(*) from /* SCHEMA */live");
  std::atomic<int> waits{0};
  std::thread migrator{[&] {
    postgres::PostgresSchema{options_}.migrate({.tell = [&](std::string_view) { ++waits; }});
  }};
  EXPECT_TRUE(eventually([&] { return waits > 0; }));
  int before = done;
  EXPECT_TRUE(eventually([&] { return done > before + 200; })) << "they go on between its tries";
  user.run("commit");
  migrator.join();
  before = done;
  EXPECT_TRUE(eventually([&] { return done > before + 200; }));
  is_over = true;
  for (std::thread& thread : threads) thread.join();

  for (const nanoseconds one : longest) {
    EXPECT_LT(one, std::chrono::seconds{1});
    std::printf("longest call %lld ms\n", static_cast<long long>(one / milliseconds{1}));
  }
  EXPECT_EQ(postgres::PostgresSchema{options_}.version(), static_cast<int>(known.size()));
  std::set<std::int64_t> distinct;
  for (const auto& ids : completed) distinct.insert(ids.begin(), ids.end());
  EXPECT_EQ(static_cast<int>(distinct.size()), enqueued) << "none is lost";
  EXPECT_EQ(done, enqueued) << "none is done twice";
}

}  // namespace
}  // namespace stint::test
