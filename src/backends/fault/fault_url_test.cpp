#include "backends/fault/fault_url.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::fault {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string error_of(std::string_view url) {
  try {
    parse_fault_url(url);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(FaultUrl, TakesItsOwnParametersAndLeavesTheOthers) {
  const FaultUrl url = parse_fault_url(
      "fault+postgresql://me:pw@host/db?error_rate=0.1&schema=s&unknown_rate=0.05&latency=20ms"
      "&seed=7&outage=30s/5m&calls=enqueue,exchange&pool=2");
  EXPECT_EQ(url.store, "postgresql://me:pw@host/db?schema=s&pool=2");
  EXPECT_EQ(url.plan.error_rate, 0.1);
  EXPECT_EQ(url.plan.unknown_rate, 0.05);
  EXPECT_EQ(url.plan.latency, std::chrono::milliseconds{20});
  EXPECT_EQ(url.plan.seed, 7U);
  ASSERT_TRUE(url.plan.outage.has_value());
  EXPECT_EQ(url.plan.outage->length, std::chrono::seconds{30});
  EXPECT_EQ(url.plan.outage->period, std::chrono::minutes{5});
  EXPECT_THAT(url.plan.calls, ElementsAre(StoreCall::kEnqueue, StoreCall::kExchange));
}

TEST(FaultUrl, MayAskForNothing) {
  const FaultUrl url = parse_fault_url("FAULT+sqlite:jobs.db");
  EXPECT_EQ(url.store, "sqlite:jobs.db");
  EXPECT_EQ(url.plan.error_rate, 0);
  EXPECT_FALSE(url.plan.seed.has_value());
  EXPECT_EQ(describe(url.plan), "none");
}

TEST(FaultUrl, IsToldFromOthers) {
  EXPECT_TRUE(is_fault_url("fault+memory:"));
  EXPECT_FALSE(is_fault_url("sqlite:fault+x"));
  EXPECT_FALSE(is_fault_url("fault:x"));
  EXPECT_FALSE(is_fault_url("fault+main"));  // no URL: a store's name
}

TEST(FaultUrl, RefusesWhatCannotBeMeant) {
  EXPECT_THAT(error_of("fault+sqlite:a?eror_rate=0.1"),
              AllOf(HasSubstr("did you mean \"error_rate\"?"), HasSubstr("latency, outage")));
  EXPECT_THAT(error_of("fault+sqlite:a?error_rate=2"),
              HasSubstr("has error_rate=2; write a share of the calls from 0 to 1"));
  for (const char* const rate : {"-0.1", "nan", "inf", "0.1x", "1e400", "10%25", ""}) {
    EXPECT_THAT(error_of("fault+sqlite:a?error_rate=" + std::string{rate}),
                HasSubstr("has error_rate="))
        << rate;
  }
  EXPECT_THAT(error_of("fault+sqlite:a?error_rate=0.7&unknown_rate=0.6"),
              HasSubstr("more than 1 together"));
  EXPECT_THAT(error_of("fault+sqlite:a?latency=soon"), HasSubstr("has latency=soon"));
  EXPECT_THAT(error_of("fault+sqlite:a?latency=40d"), HasSubstr("up to a day"));
  EXPECT_THAT(error_of("fault+sqlite:a?seed=-1"), HasSubstr("a whole number from 0 on"));
  for (const char* const outage : {"30s", "5m/30s", "0s/5m", "x/5m", "5m/5m", "/"}) {
    EXPECT_THAT(error_of("fault+sqlite:a?outage=" + std::string{outage}), HasSubstr("has outage="))
        << outage;
  }
  EXPECT_THAT(error_of("fault+sqlite:a?calls=enqueue,exchnge"),
              HasSubstr("which no store has (did you mean \"exchange\"?)"));
  EXPECT_THAT(error_of("fault+fault+sqlite:a"), HasSubstr("asks for faults twice"));
}

TEST(FaultUrl, ShowsNoPassword) {
  EXPECT_THAT(error_of("fault+postgresql://me:pw-of-me@host/db?error_rate=x"),
              AllOf(HasSubstr("error_rate=x"), Not(HasSubstr("pw-of-me"))));
}

TEST(FaultUrl, IsDescribed) {
  FaultPlan plan =
      parse_fault_url("fault+sqlite:a?error_rate=0.1&latency=20ms&outage=30s/5m&calls=beat&seed=7")
          .plan;
  EXPECT_EQ(describe(plan),
            "error_rate 0.1, latency up to 20ms, an outage of 30s each 5m, of the calls beat, "
            "seed 7");
}

}  // namespace
}  // namespace stint::fault
