/// What the contract suite of the Store role runs on: one store per test, its clock, its workers.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "core/store.hpp"
#include "support/store_place.hpp"

namespace stint::test {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Each test has a store of its own, empty, whose clock stands still until `advance` is called.
/// The parameter names the backend.
class StoreContract : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  void TearDown() override;

  Store& store() { return *store_; }
  StorePlace& place() { return *place_; }
  /// Open the same store once more; its clock moves with the first one's.
  Store& open_another();

  StoreTime now() const { return now_; }
  void advance(microseconds by);

  /// Enqueue one job, `t.run` by default, and return its id.
  JobId put(NewJob job = {.task = "t.run"});
  std::vector<JobId> put_many(int count, const NewJob& job = {.task = "t.run"});

  WorkerId new_worker(const std::string& node = "n1");
  /// A worker on node n1 that knows the tasks t.run, t.other and t.third; made at first use.
  WorkerId worker();
  ClaimRequest request(WorkerId worker, int limit = 100) const;
  std::vector<ClaimedJob> claim(int limit = 100) { return claim(request(worker(), limit)); }
  std::vector<ClaimedJob> claim(const ClaimRequest& request);
  /// Claim exactly one job, or fail the test.
  ClaimedJob claim_one();
  ClaimedJob claim_one(WorkerId worker);
  /// Enqueue and claim one job.
  ClaimedJob put_and_claim(const NewJob& job = {.task = "t.run"});

  WriteResult complete(const Completion& completion);
  WriteResult complete(const ClaimedJob& job, Outcome outcome = Outcome::kDone);
  JobRecord find(JobId id);
  std::vector<JobId> ids_of(const std::vector<ClaimedJob>& jobs) const;
  std::vector<JobId> ids_of(const std::vector<JobRecord>& jobs) const;
  std::vector<JobId> ids_of(const std::vector<Enqueued>& jobs) const;

  /// Declare a worker dead. `started`: the jobs in its page; nothing: the page cannot be read.
  RescueResult rescue(WorkerId worker, std::optional<std::vector<StartedJob>> started);
  static StartedJob started(const ClaimedJob& job) { return {.id = job.id, .epoch = job.epoch}; }

 private:
  StoreTime now_;
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<Store>> others_;
  WorkerId worker_;
};

/// Tell whether two JSON texts say the same: a backend may write it differently.
bool same_json(std::string_view a, std::string_view b);
/// Read the "message" of an error's JSON; empty if there is none.
std::string message_of(std::string_view error);

/// Name a parameter in the test's name.
inline std::string backend_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace stint::test

/// Run a suite against every backend that has the role and that several processes can share.
#define STINT_ON_EVERY_STORE(suite)                                                \
  INSTANTIATE_TEST_SUITE_P(Stores, suite, ::testing::Values("sqlite", "postgres"), \
                           ::stint::test::backend_name)

/// Run a suite whose stores are all opened by this process against memory, too.
#define STINT_ON_EVERY_STORE_IN_PROCESS(suite)                                               \
  INSTANTIATE_TEST_SUITE_P(Stores, suite, ::testing::Values("sqlite", "memory", "postgres"), \
                           ::stint::test::backend_name)
