#include "backends/fault/fault_hook.hpp"
#include <map>
#include <vector>
#include <gtest/gtest.h>

namespace stint::fault {
namespace {

using std::chrono::seconds;

std::vector<CallFate> fates(const FaultPlan& plan, StoreCall call, int count) {
  ManualClock clock;
  FaultHook hook{plan, clock};
  std::vector<CallFate> result;
  for (int i = 0; i < count; ++i) result.push_back(hook.decide(call));
  return result;
}

TEST(FaultHook, DrawsEachKindOfFaultAsOftenAsAsked) {
  const FaultPlan plan{.error_rate = 0.2, .unknown_rate = 0.1, .seed = 7};
  std::map<CallFate, int> counts;
  for (const CallFate fate : fates(plan, StoreCall::kExchange, 10'000)) ++counts[fate];
  EXPECT_NEAR(counts[CallFate::kFails], 2000, 200);
  EXPECT_NEAR(counts[CallFate::kLosesReply], 1000, 150);
}

TEST(FaultHook, RepeatsItselfBySeedWhateverOtherCallsComeBetween) {
  const FaultPlan plan{.error_rate = 0.3, .seed = 7};
  const std::vector<CallFate> alone = fates(plan, StoreCall::kEnqueue, 100);
  ManualClock clock;
  FaultHook mingled{plan, clock};
  std::vector<CallFate> of_enqueues;
  for (int i = 0; i < 100; ++i) {
    for (int other = 0; other < i % 3; ++other) mingled.decide(StoreCall::kBeat);
    of_enqueues.push_back(mingled.decide(StoreCall::kEnqueue));
  }
  EXPECT_EQ(of_enqueues, alone);
  EXPECT_NE(fates({.error_rate = 0.3, .seed = 8}, StoreCall::kEnqueue, 100), alone);
  EXPECT_NE(fates(plan, StoreCall::kBeat, 100), alone);
}

TEST(FaultHook, SparesCallsThatAreNotNamed) {
  const FaultPlan plan{.error_rate = 1, .seed = 1, .calls = {StoreCall::kEnqueue}};
  EXPECT_EQ(fates(plan, StoreCall::kEnqueue, 1).front(), CallFate::kFails);
  EXPECT_EQ(fates(plan, StoreCall::kExchange, 1).front(), CallFate::kPasses);
}

TEST(FaultHook, HasAnOutageAtTheEndOfEachPeriod) {
  ManualClock clock;
  FaultHook hook{{.outage = Outage{.length = seconds{30}, .period = seconds{300}}, .seed = 1},
                 clock};
  for (int period = 0; period < 3; ++period) {
    EXPECT_EQ(hook.decide(StoreCall::kBeat), CallFate::kPasses);
    clock.advance(seconds{269});
    EXPECT_EQ(hook.decide(StoreCall::kBeat), CallFate::kPasses);
    clock.advance(seconds{1});
    EXPECT_EQ(hook.decide(StoreCall::kBeat), CallFate::kFails);
    clock.advance(seconds{29});
    EXPECT_EQ(hook.decide(StoreCall::kBeat), CallFate::kFails);
    clock.advance(seconds{1});
  }
}

TEST(FaultHook, DelaysEvenlyUpToTheLatency) {
  ManualClock clock;
  const FaultHook hook{{.latency = std::chrono::milliseconds{20}, .seed = 3}, clock};
  std::chrono::nanoseconds sum{0};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto delay = hook.delay_of(StoreCall::kExchange, i);
    ASSERT_GE(delay.count(), 0);
    ASSERT_LT(delay, std::chrono::milliseconds{20});
    sum += delay;
  }
  EXPECT_NEAR(std::chrono::duration<double>(sum).count(), 10.0, 1.0);  // 1000 times 10 ms
}

TEST(FaultHook, HoldsACallUp) {
  ManualClock clock;
  FaultHook hook{{.latency = std::chrono::milliseconds{5}, .seed = 3}, clock};
  const auto before = std::chrono::steady_clock::now();
  std::chrono::nanoseconds planned{0};
  for (std::uint64_t i = 0; i < 10; ++i) {
    planned += hook.delay_of(StoreCall::kBeat, i);
    hook.decide(StoreCall::kBeat);
  }
  EXPECT_GE(std::chrono::steady_clock::now() - before, planned);
  EXPECT_GT(planned.count(), 0);
}

}  // namespace
}  // namespace stint::fault
