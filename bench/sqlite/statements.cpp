#include "sqlite/statements.hpp"
#include <algorithm>
#include <chrono>
#include <span>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "backends/sqlite/claim.hpp"
#include "backends/sqlite/completion.hpp"
#include "backends/sqlite/connection.hpp"
#include "backends/sqlite/enqueue.hpp"
#include "backends/sqlite/given_ids.hpp"
#include "backends/sqlite/writer.hpp"
#include "core/store.hpp"
#include "expect.hpp"
#include "meter.hpp"
#include "sqlite/driver.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kTask = "noop.run";
constexpr const char* kFile = "stint.db";
constexpr SqlFile kBegin{"begin", "begin immediate"};
constexpr SqlFile kCommit{"commit", "commit"};

std::filesystem::path file_of(const Plan& plan) { return plan.folder / kFile; }

/// A connection and what runs our statements on it; transactions are ours.
class Statements final {
 public:
  explicit Statements(const std::filesystem::path& file) : connection_(file.string()) {
    // The store does this itself, when it has the turn.
    connection_.execute("pragma wal_autocheckpoint = 1000", "pragmas");
  }

  void insert(std::span<const NewJob> jobs) {
    connection_.use(kBegin).run();
    sqlite::Transaction transaction = at_now();
    enqueuer_.enqueue(transaction, jobs);
    connection_.use(kCommit).run();
  }

  /// Complete a batch and claim the next in one transaction until nothing is left; returns how many
  /// were completed.
  std::int64_t drain(const ClaimRequest& request) {
    std::int64_t completed = 0;
    std::vector<Completion> completions;
    do {
      connection_.use(kBegin).run();
      sqlite::Transaction transaction = at_now();
      const auto states = completer_.complete(transaction, completions);
      completed +=
          std::ranges::count_if(states, [](const auto& state) { return state.has_value(); });
      completions.clear();
      for (const ClaimedJob& job : claimer_.claim(transaction, request)) {
        completions.push_back({.id = job.id, .epoch = job.epoch});
      }
      connection_.use(kCommit).run();
    } while (!completions.empty());
    return completed;
  }

 private:
  sqlite::Transaction at_now() {
    return {.connection = connection_, .now = sqlite::to_micros(std::chrono::system_clock::now())};
  }

  sqlite::Connection connection_;
  sqlite::GivenTable ids_{connection_, "given_ids", sqlite::GivenIds::kColumns};
  sqlite::Enqueuer enqueuer_{connection_};
  sqlite::Claimer claimer_{connection_, ids_};
  sqlite::Completer completer_{connection_, ids_};
};

std::vector<NewJob> new_jobs(int count) {
  return std::vector<NewJob>(static_cast<std::size_t>(count), NewJob{.task = kTask});
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
            const std::vector<NewJob> jobs = new_jobs(plan.bulk);
            const Meter meter;
            for (int done = 0; done < plan.jobs; done += plan.bulk) statements.insert(jobs);
            return meter.stop(plan.jobs);
          }};
}

Contestant sqlite_statements_one_by_one(const Plan& plan, const StorePlace& place) {
  return {.name = "our statements, 1", .round = [plan, place] {
            place.make_new();
            Statements statements{file_of(plan)};
            const auto end = Clock::now() + std::chrono::duration<double>{plan.one_by_one_seconds};
            const std::vector<NewJob> one = new_jobs(1);
            std::int64_t jobs = 0;
            const Meter meter;
            for (; Clock::now() < end; ++jobs) statements.insert(one);
            return meter.stop(jobs);
          }};
}

Contestant sqlite_statements_drain(const Plan& plan, const StorePlace& place) {
  return {.name = fmt::format("our statements, {}, fused", plan.batch), .round = [plan, place] {
            place.make_new();
            const WorkerId worker =
                open_store({.url = place.url})->register_worker({.node = "bench", .host = "bench"});
            Statements statements{file_of(plan)};
            const std::vector<NewJob> jobs = new_jobs(plan.bulk);
            for (int done = 0; done < plan.jobs; done += plan.bulk) statements.insert(jobs);
            const ClaimRequest request{
                .worker = worker, .node = "bench", .tasks = {kTask}, .limit = plan.batch};
            const Meter meter;
            const std::int64_t completed = statements.drain(request);
            const Sample sample = meter.stop(completed);
            expect(completed, plan.jobs);
            return sample;
          }};
}

}  // namespace stint::bench
