// Operations on jobs beside the workers that hold some of them.
#include <chrono>
#include <future>
#include <string>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "postgres_test_base.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using Kind = OperationResult::Kind;

class PostgresOperations : public PostgresTest {
 protected:
  /// Two jobs: the first one runs, and its end is about to be written by a transaction that lasts.
  void SetUp() override {
    PostgresTest::SetUp();
    ids_ = put(2);
    const WorkerId worker = new_worker(store());
    const ClaimRequest request = claim_of(worker, 1);
    ASSERT_EQ(store().exchange({}, &request).claimed.size(), 1U);
    run("begin");
    ASSERT_EQ(run("select id from stint.live where state = 3 for update"),
              std::vector<std::string>{std::to_string(ids_[0].value)});
  }

  /// Do it while that transaction lasts.
  template <typename Operation>
  std::vector<OperationResult> beside(Operation operation) {
    auto results = std::async(std::launch::async, std::move(operation));
    EXPECT_EQ(results.wait_for(20s), std::future_status::ready) << "it waits for a job that runs";
    run("rollback");
    return results.get();
  }
  std::vector<JobId> ids_;
};

TEST_F(PostgresOperations, ChangesDoNotWaitForWhatRuns) {
  const std::vector<JobUpdate> updates{{.id = ids_[0], .priority = 1},
                                       {.id = ids_[1], .priority = 1}};
  EXPECT_THAT(beside([&] { return store().update_jobs(updates); }),
              ElementsAre(OperationResult{Kind::kWrongState, JobState::kRunning},
                          OperationResult{Kind::kChanged, JobState::kQueued}));
}

TEST_F(PostgresOperations, DeletionsDoNotWaitForWhatRuns) {
  EXPECT_THAT(beside([&] { return store().delete_jobs(ids_); }),
              ElementsAre(OperationResult{Kind::kWrongState, JobState::kRunning},
                          OperationResult{Kind::kChanged, JobState::kQueued}));
}

}  // namespace
}  // namespace stint::test
