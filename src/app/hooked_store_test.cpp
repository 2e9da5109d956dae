#include "core/hooked_store.hpp"
#include <deque>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/sqlite/backend.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

/// Answer the next calls as the test says; those after them pass.
class NextFates final : public StoreHook {
 public:
  CallFate decide(StoreCall call) override {
    calls.emplace_back(to_string(call));
    if (fates.empty()) return CallFate::kPasses;
    const CallFate fate = fates.front();
    fates.pop_front();
    return fate;
  }

  std::deque<CallFate> fates;
  std::vector<std::string> calls;
};

class HookedStoreTest : public ::testing::Test {
 protected:
  JobId put() {
    const NewJob job{.task = "t.run"};
    return store_->enqueue({&job, 1}).at(0).id;
  }
  Exchange exchange(std::span<const Completion> completions, int claims) {
    const ClaimRequest request{.worker = worker_, .node = "n", .tasks = {"t.run"}, .limit = claims};
    return hooked_.exchange(completions, claims > 0 ? &request : nullptr);
  }
  template <typename Call>
  static bool is_in_doubt(Call call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      EXPECT_TRUE(error.retryable());
      return error.outcome_unknown();
    }
    ADD_FAILURE() << "nothing was thrown";
    return false;
  }
  JobRecord find(JobId id) { return store_->find_job(id).value(); }

  const std::shared_ptr<Store> store_ = sqlite::open_private_memory_store();
  const std::shared_ptr<NextFates> fates_ = std::make_shared<NextFates>();
  HookedStore hooked_{store_, fates_};
  const WorkerId worker_ = store_->register_worker({.node = "n"});
};

TEST_F(HookedStoreTest, FailsBeforeTheCallOrAfterIt) {
  const NewJob job{.task = "t.run"};
  fates_->fates = {CallFate::kFails, CallFate::kLosesReply, CallFate::kPasses};
  EXPECT_FALSE(is_in_doubt([&] { hooked_.enqueue({&job, 1}); }));
  EXPECT_THAT(store_->list_jobs({}), SizeIs(0));
  EXPECT_TRUE(is_in_doubt([&] { hooked_.enqueue({&job, 1}); }));
  EXPECT_THAT(store_->list_jobs({}), SizeIs(1));
  EXPECT_THAT(hooked_.enqueue({&job, 1}), SizeIs(1));
  EXPECT_THAT(fates_->calls, ElementsAre("enqueue", "enqueue", "enqueue"));
}

TEST_F(HookedStoreTest, LeavesNoDoubtAboutAReadWhoseReplyWasLost) {
  fates_->fates = {CallFate::kLosesReply};
  EXPECT_FALSE(is_in_doubt([&] { static_cast<void>(hooked_.find_job(JobId{1})); }));
}

TEST_F(HookedStoreTest, GivesBackWhatALostReplyHadClaimed) {
  const JobId id = put();
  fates_->fates = {CallFate::kLosesReply};
  EXPECT_TRUE(is_in_doubt([&] { exchange({}, 1); }));
  EXPECT_EQ(find(id).state, JobState::kRunning);
  const Exchange again = exchange({}, 1);
  ASSERT_THAT(again.claimed, SizeIs(1));
  EXPECT_THAT(again.completed, SizeIs(0));
  EXPECT_THAT(again.states, SizeIs(0));
  EXPECT_EQ(again.claimed[0].attempts, 0);
  EXPECT_EQ(again.claimed[0].epoch, Epoch{2});  // claimed, given back, claimed
}

TEST_F(HookedStoreTest, KeepsWhatIsToBeGivenBackThroughAFurtherFailure) {
  const JobId id = put();
  fates_->fates = {CallFate::kLosesReply, CallFate::kFails};
  EXPECT_TRUE(is_in_doubt([&] { exchange({}, 1); }));
  EXPECT_FALSE(is_in_doubt([&] { exchange({}, 1); }));
  exchange({}, 0);
  EXPECT_EQ(find(id).state, JobState::kQueued);
  EXPECT_EQ(find(id).failures, 0);
}

TEST_F(HookedStoreTest, AnswersARepeatedCompletionAsItWasAnswered) {
  put();
  const ClaimedJob job = exchange({}, 1).claimed.at(0);
  const std::vector<Completion> ends{{.id = job.id, .epoch = job.epoch},
                                     {.id = job.id, .epoch = Epoch{job.epoch.value + 7}}};
  fates_->fates = {CallFate::kLosesReply};
  EXPECT_TRUE(is_in_doubt([&] { exchange(ends, 0); }));
  EXPECT_EQ(find(job.id).state, JobState::kDone);
  const Exchange again = exchange(ends, 0);
  EXPECT_THAT(again.completed, ElementsAre(WriteResult::kAccepted, WriteResult::kFenced));
  EXPECT_THAT(again.states, ElementsAre(JobState::kDone, std::nullopt));
  // In doubt it was once; from now on it is fenced as ever.
  EXPECT_THAT(exchange(ends, 0).completed, ElementsAre(WriteResult::kFenced, WriteResult::kFenced));
}

TEST(StoreCall, HasAName) {
  for (const std::string_view name : store_call_names()) {
    const std::optional<StoreCall> call = find_store_call(name);
    ASSERT_TRUE(call.has_value()) << name;
    EXPECT_EQ(to_string(*call), name);
  }
  EXPECT_EQ(find_store_call("claim"), std::nullopt);
}

}  // namespace
}  // namespace stint
