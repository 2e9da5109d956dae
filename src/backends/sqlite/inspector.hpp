/// A close look at a store in a file of SQLite, and at the disk that it is on.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "backends/sqlite/connection.hpp"
#include "backends/sqlite/location.hpp"
#include "core/store_inspector.hpp"

namespace stint::sqlite {

/// What the file beside the database that holds its newest pages tells.
struct WalFacts {
  std::int64_t bytes = 0;
  std::int64_t pages = 0;        ///< written since it was begun anew
  std::int64_t moved_pages = 0;  ///< of those: moved into the database by now
};

// One judgement each. Pure.
HealthCheck judge_wal(const WalFacts& wal);
HealthCheck judge_mode(std::string_view journal_mode);

/// Opens the file at the first call that needs it, and never makes it.
class SqliteInspector final : public StoreInspector {
 public:
  explicit SqliteInspector(std::string_view url) : location_(parse_location(url)) {}

  SchemaLook look_at_schema() override;
  /// The store has this machine's clock.
  std::optional<StoreTime> read_clock() override { return test_time_; }
  std::vector<HealthCheck> check_place(InspectDepth depth) override;
  std::optional<JobPlace> find_place(JobId id, int most) override;
  std::vector<WorkerTasks> worker_tasks() override;
  QueueLook look_at_queue(int most) override;
  void set_time_for_tests(std::optional<StoreTime> time) override { test_time_ = time; }

 private:
  bool is_there() const;
  Connection& connection();
  std::int64_t now() const;
  std::string read_text(const SqlFile& file);
  HealthCheck check_file() const;
  HealthCheck check_integrity();
  WalFacts read_wal() const;

  const Location location_;
  std::unique_ptr<Connection> connection_;
  std::optional<StoreTime> test_time_;
};

}  // namespace stint::sqlite
