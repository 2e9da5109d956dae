#include "postgres/floor.hpp"
#include <poll.h>
#include <chrono>
#include <future>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "expect.hpp"
#include "idle_pause.hpp"
#include "meter.hpp"
#include "postgres/driver.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

// {0} is the schema.
constexpr const char* kTables = R"sql(
drop schema if exists {0} cascade;
create schema {0};
create table {0}.job (
  id bigint primary key,
  run_at timestamptz not null,
  finished_at timestamptz,
  epoch bigint not null default 0,
  worker bigint,
  priority smallint not null default 0,
  state smallint not null default 1,
  task text not null,
  args text not null
) with (fillfactor = 70);
create index job_queued on {0}.job (priority, run_at, id) where state = 1;
)sql";

constexpr const char* kFill = R"sql(
insert into {0}.job (id, run_at, task, args)
select n, clock_timestamp(), 'noop.run', '{{}}' from generate_series(1, {1}) as n)sql";

constexpr const char* kInsert = R"sql(
insert into {0}.job (id, run_at, task, args)
select id, statement_timestamp(), 'noop.run', args
from unnest($1::bigint[], $2::text[]) as asked (id, args))sql";

constexpr const char* kInsertOne = R"sql(
insert into {0}.job (id, run_at, task, args) values ($1, statement_timestamp(), $2, $3))sql";

constexpr const char* kClaim = R"sql(
update {0}.job set state = 3, epoch = epoch + 1, worker = $1
where id = any(array(select id from {0}.job
                     where state = 1 and priority = 0 and run_at <= statement_timestamp()
                     order by run_at, id limit $2 for update skip locked))
returning id, epoch)sql";

constexpr const char* kComplete = R"sql(
update {0}.job set state = 4, finished_at = statement_timestamp()
where id = any($1) and state = 3)sql";

/// A connection with the floor's statements.
class Client final {
 public:
  Client(const PgSchema& schema, Commit commit) : connection_(schema.url()) {
    if (commit == Commit::kNotWaitedFor) connection_.execute("set synchronous_commit = off");
    connection_.prepare("floor_insert", fmt::format(kInsert, schema.name()));
    connection_.prepare("floor_insert_one", fmt::format(kInsertOne, schema.name()));
    connection_.prepare("floor_claim", fmt::format(kClaim, schema.name()));
    connection_.prepare("floor_complete", fmt::format(kComplete, schema.name()));
  }

  void insert(std::int64_t first_id, int count) {
    std::vector<std::int64_t> ids(static_cast<std::size_t>(count));
    std::iota(ids.begin(), ids.end(), first_id);
    const std::vector<std::string> args(ids.size(), "{}");
    connection_.run("floor_insert", PgValues{}.add_array(ids).add_array(args));
  }

  void insert_one(std::int64_t id) {
    connection_.run(
        "floor_insert_one",
        PgValues{}.add(id).add(std::string_view{"noop.run"}).add(std::string_view{"{}"}));
  }

  std::vector<std::int64_t> claim(int limit) {
    return read(
        connection_.run("floor_claim", PgValues{}.add(std::int64_t{1}).add(std::int64_t{limit})));
  }

  std::int64_t complete(const std::vector<std::int64_t>& ids) {
    const PgResult result = connection_.run("floor_complete", PgValues{}.add_array(ids));
    return std::stoll(PQcmdTuples(result.get()));
  }

  /// Claim a batch and complete it, a transaction each, until nothing is left. Returns how many
  /// were completed.
  std::int64_t drain(int batch) {
    std::int64_t completed = 0;
    for (auto claimed = claim(batch); !claimed.empty(); claimed = claim(batch)) {
      completed += complete(claimed);
    }
    return completed;
  }

  PgConnection& connection() { return connection_; }

 private:
  static std::vector<std::int64_t> read(const PgResult& result) {
    const int rows = PQntuples(result.get());
    std::vector<std::int64_t> ids;
    ids.reserve(static_cast<std::size_t>(rows));
    for (int row = 0; row < rows; ++row) {
      ids.push_back(read_int64(result.get(), row, 0));
    }
    return ids;
  }

  PgConnection connection_;
};

void make_tables(const PgSchema& schema) {
  PgConnection{schema.url()}.execute(fmt::format(kTables, schema.name()));
}

void expect_stored(Client& client, const PgSchema& schema, std::int64_t expected) {
  expect(
      client.connection().query_number(fmt::format("select count(*) from {}.job", schema.name())),
      expected);
}

std::string with_commit(const std::string& name, Commit commit) {
  return commit == Commit::kNotWaitedFor ? name + ", commit off" : name;
}

void wait_notified(PgConnection& connection) {
  while (true) {
    PQconsumeInput(connection.get());
    if (PGnotify* told = PQnotifies(connection.get())) {
      PQfreemem(told);
      return;
    }
    pollfd socket{.fd = PQsocket(connection.get()), .events = POLLIN, .revents = 0};
    ::poll(&socket, 1, -1);
  }
}

enum class AfterWake { kBegin, kClaimFirst };

Sample measure_wake(const Plan& plan, const PgSchema& schema, AfterWake after) {
  make_tables(schema);
  Client sender{schema, Commit::kDurable};
  Client listener{schema, Commit::kDurable};
  const std::string& channel = schema.name();
  listener.connection().execute("listen " + channel);
  const Meter meter{schema.server()};
  std::vector<double> waited_ms;
  for (int i = 1; i <= plan.latency_jobs; ++i) {
    std::promise<Clock::time_point> begun;
    std::thread sleeper{[&] {
      wait_notified(listener.connection());
      if (after == AfterWake::kClaimFirst) listener.claim(1);
      begun.set_value(Clock::now());
    }};
    pause_until_idle();
    sender.insert_one(i);
    const auto committed_at = Clock::now();
    sender.connection().execute("notify " + channel);
    const auto begun_at = begun.get_future().get();
    waited_ms.push_back(std::chrono::duration<double, std::milli>(begun_at - committed_at).count());
    sleeper.join();
  }
  Sample sample = meter.stop(plan.latency_jobs);
  sample.values = std::move(waited_ms);
  return sample;
}

}  // namespace

Contestant postgres_floor_copy(const Plan& plan, const PgSchema& schema) {
  return {.name = fmt::format("floor: COPY of {}", plan.bulk), .round = [plan, schema] {
            make_tables(schema);
            Client client{schema, Commit::kDurable};
            const std::string copy =
                fmt::format("copy {}.job (id, run_at, task, args) from stdin", schema.name());
            const Meter meter{schema.server()};
            for (int done = 0; done < plan.jobs; done += plan.bulk) {
              std::string rows;
              for (int id = done + 1; id <= done + plan.bulk; ++id) {
                rows += fmt::format("{}\tnow\tnoop.run\t{{}}\n", id);
              }
              client.connection().copy(copy, rows);
            }
            const Sample sample = meter.stop(plan.jobs);
            expect_stored(client, schema, plan.jobs);
            return sample;
          }};
}

Contestant postgres_floor_bulk(const Plan& plan, const PgSchema& schema, Commit commit) {
  return {.name = with_commit(fmt::format("floor: insert of {}", plan.bulk), commit),
          .round = [plan, schema, commit] {
            make_tables(schema);
            Client client{schema, commit};
            const Meter meter{schema.server()};
            for (int done = 0; done < plan.jobs; done += plan.bulk) {
              client.insert(done + 1, plan.bulk);
            }
            const Sample sample = meter.stop(plan.jobs);
            expect_stored(client, schema, plan.jobs);
            return sample;
          }};
}

Contestant postgres_floor_one_by_one(const Plan& plan, const PgSchema& schema, Commit commit) {
  return {.name = with_commit("floor: insert of 1", commit), .round = [plan, schema, commit] {
            make_tables(schema);
            Client client{schema, commit};
            const auto end = Clock::now() + std::chrono::duration<double>{plan.one_by_one_seconds};
            std::int64_t jobs = 0;
            const Meter meter{schema.server()};
            while (Clock::now() < end) client.insert_one(++jobs);
            const Sample sample = meter.stop(jobs);
            expect_stored(client, schema, jobs);
            return sample;
          }};
}

Contestant postgres_floor_drain(const Plan& plan, const PgSchema& schema, int clients,
                                Commit commit) {
  return {.name = with_commit(fmt::format("floor: claim + complete of {}, {} client{}", plan.batch,
                                          clients, clients == 1 ? "" : "s"),
                              commit),
          .round = [plan, schema, clients, commit] {
            make_tables(schema);
            std::vector<Client> all;
            all.reserve(static_cast<std::size_t>(clients));
            for (int i = 0; i < clients; ++i) all.emplace_back(schema, commit);
            all.front().connection().execute(fmt::format(kFill, schema.name(), plan.jobs));
            const Meter meter{schema.server()};
            std::vector<std::future<std::int64_t>> drains;
            drains.reserve(all.size());
            for (Client& client : all) {
              drains.push_back(std::async(std::launch::async,
                                          [&client, &plan] { return client.drain(plan.batch); }));
            }
            std::int64_t completed = 0;
            for (auto& drain : drains) completed += drain.get();
            const Sample sample = meter.stop(completed);
            expect(completed, plan.jobs);
            return sample;
          }};
}

Contestant postgres_floor_wake(const Plan& plan, const PgSchema& schema) {
  return {.name = "floor: NOTIFY wakes",
          .round = [plan, schema] { return measure_wake(plan, schema, AfterWake::kBegin); }};
}

Contestant postgres_floor_wake_and_claim(const Plan& plan, const PgSchema& schema) {
  return {.name = "floor: NOTIFY wakes, claim 1",
          .round = [plan, schema] { return measure_wake(plan, schema, AfterWake::kClaimFirst); }};
}

}  // namespace stint::bench
