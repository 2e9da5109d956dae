#include "postgres/statements.hpp"
#include <algorithm>
#include <chrono>
#include <future>
#include <string_view>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "backends/postgres/statements.hpp"
#include "core/store.hpp"
#include "expect.hpp"
#include "meter.hpp"
#include "postgres/driver.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::bench {
namespace {

namespace sql = ::stint::postgres::sql;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kStatementTask = "noop.run";
constexpr std::string_view kDomain = "default";
constexpr int kIdBlock = 1000;
constexpr std::int16_t kZero = 0;

/// Claimed and not yet completed.
struct Batch {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> epochs;
};

/// A connection, with our statements planned once, as the backend sends them over one of its own.
class StatementClient final {
 public:
  explicit StatementClient(const PgSchema& schema) : connection_(schema.url()) {
    const ::stint::postgres::Statements texts{schema.name()};
    const auto prepare = [&](const char* name, const SqlFile& file) {
      connection_.prepare(name, texts.text(file));
    };
    prepare("prefer_indexes", sql::prefer_indexes);
    prepare("enqueue", sql::enqueue);
    prepare("enqueue_one", sql::enqueue_one);
    prepare("reserve", sql::reserve_ids);
    prepare("reserve_more", sql::reserve_more_ids);
    prepare("claim", sql::claim);
    prepare("complete", sql::complete_done);
  }

  void reserve_ids(int count) { keep_ids(connection_.run("reserve", PgValues{}.add(count))); }

  /// Insert jobs in one transaction, which reserves the ids of the next when these run out.
  void insert(int count) {
    const auto rows = static_cast<std::size_t>(count);
    const std::vector<std::int64_t> ids(ids_.end() - count, ids_.end());
    ids_.resize(ids_.size() - rows);
    const std::vector<std::string> args(rows, "{}");
    const bool is_last = ids_.size() < rows;
    PgValues values;
    values.add_null();
    if (count == 1) {
      values.add(ids.front()).add(std::string_view{args.front()});
    } else {
      values.add_array(ids).add_jsons(args);
    }
    connection_.send(count == 1 ? "enqueue_one" : "enqueue", values.add(kStatementTask)
                                                                 .add(kDomain)
                                                                 .add_null()
                                                                 .add(kZero)
                                                                 .add(std::int16_t{1})
                                                                 .add(std::int64_t{0})
                                                                 .add(kZero)
                                                                 .add_null()
                                                                 .add(std::int64_t{0})
                                                                 .add(true));
    if (is_last) {
      connection_.send("reserve_more", PgValues{}.add(std::max(count, kIdBlock)));
    }
    const auto results = connection_.end_pipeline(is_last ? 2 : 1);
    if (is_last) keep_ids(results[1]);
  }

  /// Returns how many were completed.
  std::int64_t drain(std::int64_t worker, int batch) {
    std::int64_t completed = 0;
    Batch claimed;
    do {
      const bool completes = !claimed.ids.empty();
      connection_.send("prefer_indexes", {});
      if (completes) send_complete(claimed);
      send_claim(worker, batch);
      const auto results = connection_.end_pipeline(completes ? 3 : 2);
      if (completes) completed += PQntuples(results[1].get());
      claimed = read(results.back());
    } while (!claimed.ids.empty());
    return completed;
  }

 private:
  void keep_ids(const PgResult& result) {
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      ids_.push_back(read_int64(result.get(), row, 0));
    }
  }

  void send_complete(const Batch& batch) {
    const std::size_t rows = batch.ids.size();
    connection_.send("complete", PgValues{}
                                     .add_null()
                                     .add_array(batch.ids)
                                     .add_array(batch.epochs)
                                     .add_empty_intervals(rows)
                                     .add_empty_intervals(rows)
                                     .add_null());
  }

  void send_claim(std::int64_t worker, int limit) {
    const std::vector<std::string> tasks{std::string{kStatementTask}};
    connection_.send("claim", PgValues{}
                                  .add(worker)
                                  .add(kDomain)
                                  .add_array(tasks)
                                  .add(std::string_view{"bench"})
                                  .add(limit)
                                  .add(++last_claim_)
                                  .add_null());
  }

  // In the order of ids, as the backend sends them back.
  static Batch read(const PgResult& result) {
    const int rows = PQntuples(result.get());
    std::vector<std::pair<std::int64_t, std::int64_t>> jobs;
    jobs.reserve(static_cast<std::size_t>(rows));
    for (int row = 0; row < rows; ++row) {
      jobs.emplace_back(read_int64(result.get(), row, 0), read_int64(result.get(), row, 1));
    }
    std::ranges::sort(jobs);
    Batch batch;
    for (const auto& [id, epoch] : jobs) {
      batch.ids.push_back(id);
      batch.epochs.push_back(epoch);
    }
    return batch;
  }

  PgConnection connection_;
  std::vector<std::int64_t> ids_;
  std::int64_t last_claim_ = 0;
};

Sample drain_by_clients(const Plan& plan, const PgSchema& schema, const std::string& store_url,
                        int clients) {
  const std::unique_ptr<Store> store = open_store({.url = store_url});
  const auto count = static_cast<std::size_t>(clients);
  std::vector<std::unique_ptr<StatementClient>> all;
  std::vector<WorkerId> workers;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::make_unique<StatementClient>(schema));
    workers.push_back(store->register_worker({.node = "bench", .host = "bench"}));
  }
  all[0]->reserve_ids(plan.bulk);
  for (int done = 0; done < plan.jobs; done += plan.bulk) all[0]->insert(plan.bulk);
  const Meter meter{schema.server()};
  std::vector<std::future<std::int64_t>> drains;
  drains.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    drains.push_back(std::async(std::launch::async,
                                [&, i] { return all[i]->drain(workers[i].value, plan.batch); }));
  }
  std::int64_t completed = 0;
  for (auto& drain : drains) completed += drain.get();
  const Sample sample = meter.stop(completed);
  expect(completed, plan.jobs);
  return sample;
}

}  // namespace

StorePlace postgres_place(const PgSchema& schema) {
  const char sign = schema.url().find('?') == std::string::npos ? '?' : '&';
  const std::string url = fmt::format("{}{}schema={}", schema.url(), sign, schema.name());
  return {.url = url,
          .make_new =
              [schema, url] {
                PgConnection{schema.url()}.execute(
                    fmt::format("drop schema if exists {} cascade", schema.name()));
                open_schema({.url = url})->migrate();
              },
          .server = schema.server()};
}

Contestant postgres_statements_bulk(const Plan& plan, const PgSchema& schema) {
  return {.name = fmt::format("our statements, {}", plan.bulk), .round = [plan, schema] {
            postgres_place(schema).make_new();
            StatementClient client{schema};
            client.reserve_ids(plan.bulk);
            const Meter meter{schema.server()};
            for (int done = 0; done < plan.jobs; done += plan.bulk) client.insert(plan.bulk);
            return meter.stop(plan.jobs);
          }};
}

Contestant postgres_statements_one_by_one(const Plan& plan, const PgSchema& schema) {
  return {.name = "our statements, 1", .round = [plan, schema] {
            postgres_place(schema).make_new();
            StatementClient client{schema};
            client.reserve_ids(kIdBlock);
            const auto end = Clock::now() + std::chrono::duration<double>{plan.one_by_one_seconds};
            std::int64_t jobs = 0;
            const Meter meter{schema.server()};
            for (; Clock::now() < end; ++jobs) client.insert(1);
            return meter.stop(jobs);
          }};
}

Contestant postgres_statements_drain(const Plan& plan, const PgSchema& schema, int clients) {
  return {.name = fmt::format("our statements, {}, fused, {} client{}", plan.batch, clients,
                              clients == 1 ? "" : "s"),
          .round = [plan, schema, clients] {
            const StorePlace place = postgres_place(schema);
            place.make_new();
            return drain_by_clients(plan, schema, place.url, clients);
          }};
}

}  // namespace stint::bench
