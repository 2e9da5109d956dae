/// A close look at a store on PostgreSQL and at its server.
#pragma once
#include <functional>
#include <optional>
#include <string_view>
#include <vector>
#include "backends/postgres/database.hpp"
#include "backends/postgres/health.hpp"
#include "core/store_inspector.hpp"

namespace stint::postgres {

class PostgresInspector final : public StoreInspector {
 public:
  /// Connects at the first call.
  explicit PostgresInspector(ConnectOptions options) : database_(std::move(options)) {}

  SchemaLook look_at_schema() override;
  std::optional<StoreTime> read_clock() override;
  std::vector<HealthCheck> check_place(InspectDepth depth) override;
  std::optional<JobPlace> find_place(JobId id, int most) override;
  std::vector<WorkerTasks> worker_tasks() override;
  QueueLook look_at_queue(int most) override;
  void set_time_for_tests(std::optional<StoreTime> time) override { database_.set_test_time(time); }

  // What the checks are made of; of use to tests.
  ServerFacts read_server();
  std::vector<TableFacts> read_tables();
  std::vector<TransactionFacts> read_transactions();
  std::int64_t count_hidden_sessions();
  std::vector<PreparedFacts> read_prepared();
  std::vector<SlotFacts> read_slots();
  PartitionFacts read_partitions();

 private:
  Database database_;
};

}  // namespace stint::postgres
