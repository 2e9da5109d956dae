// A zombie's writes in every order that is possible, by every way in which a job can be lost: every
// write of an old epoch is refused, and one completion is accepted.
#include "support/fencing.hpp"
#include <string>
#include <tuple>
#include "support/quick_commits.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

class Fencing : public StoreContract {
 protected:
  Fencing() { let_commits_be_quick(); }

  void run_all(Loss loss, bool same_worker) {
    const std::vector<FencingSchedule> schedules = fencing_schedules(loss, same_worker);
    ASSERT_EQ(schedules.size(), 12U * 8U);
    for (const FencingSchedule& schedule : schedules) {
      EXPECT_THAT(run_fencing_schedule(store(), schedule, [this] { advance(hours{1}); }),
                  ::testing::IsEmpty());
    }
  }
};
STINT_ON_EVERY_STORE(Fencing);

TEST(FencingOrders, AreTwelve) { EXPECT_EQ(fencing_orders().size(), 12U); }

TEST_P(Fencing, HoldsAfterACrash) { run_all(Loss::kCrash, false); }
TEST_P(Fencing, HoldsAfterARescueOfWhatHadNotBegun) { run_all(Loss::kRescue, false); }
TEST_P(Fencing, HoldsAfterAWorkerLeft) { run_all(Loss::kRetire, false); }
TEST_P(Fencing, HoldsAfterAFailure) { run_all(Loss::kFail, false); }
TEST_P(Fencing, HoldsAfterASnooze) { run_all(Loss::kSnooze, false); }
TEST_P(Fencing, HoldsAfterAnInterruption) { run_all(Loss::kInterrupt, false); }
TEST_P(Fencing, HoldsWithinAWorkerAfterAFailure) { run_all(Loss::kFail, true); }
TEST_P(Fencing, HoldsWithinAWorkerAfterASnooze) { run_all(Loss::kSnooze, true); }
TEST_P(Fencing, HoldsWithinAWorkerAfterAnInterruption) { run_all(Loss::kInterrupt, true); }

}  // namespace
}  // namespace stint::test
