#include "runtime/outage_log.hpp"
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/log.hpp"

namespace stint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OutageLogTest : public ::testing::Test {
 protected:
  OutageLogTest() {
    set_log_sink([this](const LogLine& line) { lines_.emplace_back(line.text); });
  }
  ~OutageLogTest() override { set_log_sink({}); }

  const Error error_{ErrorCode::kUnavailable, "refused", {.retryable = true}};
  OutageLog outages_{real_clock()};
  std::vector<std::string> lines_;
};

TEST_F(OutageLogTest, SaysEachThingOnceForAllRoles) {
  for (int i = 0; i < 3; ++i) {
    for (const char* role : {"exchange", "heartbeat"}) outages_.failed(role, error_);
  }
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("refused")));
  outages_.answered("exchange");
  outages_.answered("exchange");
  outages_.answered("watcher");
  EXPECT_THAT(lines_, SizeIs(1)) << "the heartbeat still has no answer";
  outages_.answered("heartbeat");
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("refused"), HasSubstr("answers again")));
}

TEST_F(OutageLogTest, IsSilentWhileAllIsWell) {
  outages_.answered("exchange");
  EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(OutageLogTest, TellsOfTheNextOutageAsWell) {
  for (int i = 0; i < 2; ++i) {
    outages_.failed("exchange", error_);
    outages_.answered("exchange");
  }
  EXPECT_THAT(lines_, SizeIs(4));
}

}  // namespace
}  // namespace stint
