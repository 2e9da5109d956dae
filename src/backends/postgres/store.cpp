#include "backends/postgres/store.hpp"
#include <utility>
#include "backends/postgres/schema.hpp"
#include "backends/postgres/wake_up.hpp"
#include "core/sql_enqueue.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {

PostgresStore::PostgresStore(ConnectOptions options, std::function<void(std::string_view)> notice)
    : notice_(std::move(notice)),
      database_(std::move(options)),
      registry_(std::make_shared<WakeRegistry>()),
      notifier_(database_.options(), database_.statements(), registry_, notice_),
      enqueuer_(database_, notifier_),
      exchanger_(database_, notifier_),
      reader_(database_),
      running_(database_, notifier_),
      operations_(database_, notifier_),
      workers_(database_, notifier_),
      retention_(database_) {
  check_schema_version(database_);
}

SqlStatement PostgresStore::enqueue_statement(const NewJob& job) {
  std::string text = database_.statements().text(sql::sql_enqueue);
  text.erase(text.find_last_not_of('\n') + 1);
  return {.text = std::move(text), .values = sql_enqueue_values(job)};
}

void PostgresStore::register_tasks(std::span<const TaskRecord> tasks) {
  if (tasks.empty()) return;
  Column names = Column::texts(tasks.size());
  Column specifications = Column::texts(tasks.size());
  for (const TaskRecord& task : tasks) {
    names.add(std::string_view{task.name});
    specifications.add(std::string_view{task.specification});
  }
  Parameters parameters;
  parameters.add(database_.test_time()).add(std::move(names)).add(std::move(specifications));
  database_.run(sql::upsert_task, std::move(parameters));
}

std::vector<TaskRecord> PostgresStore::list_tasks() {
  const Result result = database_.run(sql::list_tasks);
  std::vector<TaskRecord> tasks;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    tasks.push_back(
        {.name = row.string(0), .specification = row.string(1), .registered_at = row.time(2)});
  }
  return tasks;
}

std::unique_ptr<WakeUp> PostgresStore::make_wake_up(std::span<const std::string> domains) {
  // Only workers come here: a command of a moment need not be told of it each time.
  if (const auto warning = protection_warning(database_.options()); warning && notice_) {
    notice_(*warning);
  }
  return std::make_unique<PostgresWakeUp>(database_.options(), registry_, domains, notice_);
}

}  // namespace stint::postgres
