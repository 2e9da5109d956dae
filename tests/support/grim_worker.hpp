/// A worker of `grim_tasks` with process slots, and what tests ask of it.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {

/// One line of the file `starts`: a task began.
struct StartEntry {
  std::string task;
  pid_t process = 0;
  std::chrono::nanoseconds at{0};  ///< boot time
};

/// Each test has a store of its own; the parameter names the backend. The worker's grace is 300 ms.
class GrimWorker : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;

  /// Use another place than one of the test's own.
  void use_store(const std::string& url);
  JobId enqueue(const NewJob& job);
  JobId enqueue(const std::string& task) { return enqueue(NewJob{.task = task}); }
  JobRecord find(JobId id);
  JobState state(JobId id) { return find(id).state; }
  /// Wait until a job is final, and return it.
  JobRecord wait_for(JobId id, std::chrono::milliseconds limit = std::chrono::seconds{20});
  /// Jobs that are not final.
  std::int64_t open_jobs();

  ProcessOptions worker(int slots) const;
  /// End it in good order.
  static void expect_end(Process& worker);

  std::vector<StartEntry> starts() const;
  /// Wait until a task has begun so often, and return its last entry.
  StartEntry wait_for_start(const std::string& task, std::size_t times = 1) const;

  Program program{"grim_tasks"};
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
};

}  // namespace stint::test
