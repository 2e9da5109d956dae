#include "backends/postgres/unconfirmed_completions.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint::postgres {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class UnconfirmedCompletionsTest : public ::testing::Test {
 protected:
  void note(std::int64_t id, std::uint64_t newest) {
    const std::vector<Completion> one{{.id = JobId{id}, .epoch = Epoch{1}, .output = "1"}};
    kept_.note(one, newest);
  }

  UnconfirmedCompletions kept_;
};

TEST_F(UnconfirmedCompletionsTest, AreConfirmedByALaterCommitOfAConnectionThatWasOpenThen) {
  note(1, 3);
  kept_.confirm(3, kept_.now());
  EXPECT_THAT(kept_.take_doubtful(9), IsEmpty());
}

TEST_F(UnconfirmedCompletionsTest, AreNotConfirmedByWhatBeganBefore) {
  const auto before = kept_.now();
  note(1, 3);
  kept_.confirm(3, before);
  EXPECT_THAT(kept_.take_doubtful(4), SizeIs(1));
}

TEST_F(UnconfirmedCompletionsTest, AreSentAgainOnceALaterConnectionWasOpened) {
  note(1, 3);
  note(2, 4);
  // Number 4 may have been opened after a crash that took the first one.
  kept_.confirm(4, kept_.now());
  const std::vector<Completion> again = kept_.take_doubtful(4);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again.front().id, JobId{1});
  EXPECT_THAT(kept_.take_doubtful(9), IsEmpty());
}

TEST_F(UnconfirmedCompletionsTest, AreKeptOverAnOldConnectionThatWasNotWaitedFor) {
  note(1, 3);
  EXPECT_THAT(kept_.take_doubtful(2), IsEmpty());
  EXPECT_THAT(kept_.take_doubtful(4), SizeIs(1));
}

TEST_F(UnconfirmedCompletionsTest, AreFullAfterAThousandOrSomeMegabytes) {
  for (int i = 0; i < 999; ++i) note(i, 1);
  EXPECT_FALSE(kept_.is_full());
  note(999, 1);
  EXPECT_TRUE(kept_.is_full());
  kept_.confirm(1, kept_.now());
  EXPECT_FALSE(kept_.is_full());
  const std::vector<Completion> large{
      {.id = JobId{1}, .epoch = Epoch{1}, .output = std::string(std::size_t{8} << 20U, 'x')}};
  kept_.note(large, 1);
  EXPECT_TRUE(kept_.is_full());
  kept_.take_doubtful(2);
  EXPECT_FALSE(kept_.is_full());
}

}  // namespace
}  // namespace stint::postgres
