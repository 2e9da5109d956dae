#include "backends/postgres/worker_table.hpp"
#include <array>
#include <string>
#include <utility>
#include "backends/postgres/exchange_commands.hpp"
#include "base/utf8.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

Command lock_held(WorkerId worker) {
  Parameters parameters;
  parameters.add(worker);
  return {&sql::lock_held, std::move(parameters)};
}

}  // namespace

WorkerId WorkerTable::add(const WorkerInfo& info) {
  // The id is known before the insert, so that a resend registers nobody twice.
  const WorkerId id{database_.run(sql::reserve_worker_id).row(0).int64(0)};
  const auto clean = [](const std::string& text) { return sanitize_text(text); };
  Parameters parameters;
  parameters.add(id)
      .add(database_.test_time())
      .add(std::string_view{clean(info.node)})
      .add(std::string_view{clean(info.host)})
      .add(static_cast<std::int32_t>(info.pid))
      .add(std::string_view{clean(info.boot_id)})
      .add_or_null(clean(info.page))
      .add(static_cast<std::int32_t>(info.slots))
      .add(std::string_view{clean(info.domains)})
      .add(std::string_view{clean(info.version)});
  database_.run(sql::insert_worker, std::move(parameters));
  return id;
}

bool WorkerTable::beat(WorkerId worker, std::string_view counts) {
  Parameters parameters;
  parameters.add(worker).add(database_.test_time()).add_or_null(counts);
  return !database_.run(sql::beat_worker, std::move(parameters)).empty();
}

void WorkerTable::retire(WorkerId worker) {
  Parameters parameters;
  parameters.add(worker).add(database_.test_time());
  const std::array<Command, 3> commands{
      lock_held(worker), Command{&sql::stop_worker, std::move(parameters)},
      free_jobs_command(worker, std::nullopt, std::vector<StartedJob>{}, database_.test_time())};
  notify(database_.run(commands, Resend::kAllowed).back());
}

std::vector<WorkerRecord> WorkerTable::list(bool alive_only) {
  Parameters parameters;
  parameters.add(alive_only);
  const Result result = database_.run(sql::list_workers, std::move(parameters));
  std::vector<WorkerRecord> workers;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    workers.push_back({.id = WorkerId{row.int64(0)},
                       .info = {.node = row.string(1),
                                .host = row.string(2),
                                .pid = row.int32(3),
                                .boot_id = row.string(4),
                                .page = row.string(5),
                                .slots = row.int32(6),
                                .domains = row.string(7),
                                .version = row.string(8)},
                       .state = static_cast<WorkerState>(row.int32(9)),
                       .beat = row.int64(10),
                       .started_at = row.time(11),
                       .beat_at = row.time(12),
                       .running = row.int32(13)});
  }
  return workers;
}

RescueResult WorkerTable::rescue(const RescueRequest& request) {
  Parameters parameters;
  parameters.add(request.worker).add(request.beat).add(database_.test_time());
  // Marking waits for the claims that the worker is just making; the last statement sees them.
  const std::array<Command, 3> commands{
      lock_held(request.worker), Command{&sql::mark_dead, std::move(parameters)},
      free_jobs_command(request.worker, std::nullopt, request.started, database_.test_time())};
  const std::vector<Result> results = database_.run(commands, Resend::kAllowed);
  RescueResult rescued{.was_dead = !results[1].empty()};
  const Result& freed = results[2];
  for (int i = 0; i < freed.rows(); ++i) {
    const Row row = freed.row(i);
    const bool is_charged = row.boolean(0);
    const auto state = static_cast<JobState>(row.int32(1));
    if (is_charged) ++rescued.crashed;
    if (state == JobState::kFailed) ++rescued.failed;
    if (!is_charged && state == JobState::kQueued) ++rescued.interrupted;
  }
  notify(freed);
  return rescued;
}

int WorkerTable::purge(milliseconds older_than) {
  Parameters parameters;
  parameters.add(database_.test_time()).add(static_cast<std::int64_t>(older_than.count()));
  return database_.run(sql::purge_workers, std::move(parameters)).affected();
}

void WorkerTable::notify(const Result& freed) {
  for (const std::string& domain : requeued_domains(freed)) notifier_.notify(domain);
}

}  // namespace stint::postgres
