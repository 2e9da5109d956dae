#include "backends/postgres/claim_marks.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint::postgres {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::int64_t kSlack = 250'000;
constexpr std::int64_t kSecond = 1'000'000;
const ClaimMarks::Key kKey{WorkerId{1}, "default", 3};
const ClaimMarks::Clock::time_point kStart{std::chrono::hours{5}};

TEST(ClaimMarks, BeginsAtTheLeftEdgeWhileThatIsQuick) {
  ClaimMarks marks;
  EXPECT_THAT(marks.find(kKey, kStart), IsEmpty());
  marks.note_full(kKey, milliseconds{5}, {.priority = 0, .run_at = 9 * kSecond}, kStart);
  EXPECT_THAT(marks.find(kKey, kStart), IsEmpty());
}

TEST(ClaimMarks, BeginsBehindTheLastJobOnceTheLeftEdgeIsSlow) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 3, .run_at = 9 * kSecond}, kStart);
  EXPECT_THAT(marks.find(kKey, kStart), ElementsAre(ClaimMark{3, 9 * kSecond - kSlack}));
  marks.note_marked(kKey, {.priority = 3, .run_at = 20 * kSecond});
  EXPECT_THAT(marks.find(kKey, kStart), ElementsAre(ClaimMark{3, 20 * kSecond - kSlack}));
}

TEST(ClaimMarks, LooksAtTheLeftEdgeForTwoPercentOfTheTime) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 0, .run_at = 0}, kStart);
  EXPECT_THAT(marks.find(kKey, kStart + milliseconds{499}), Not(IsEmpty()));
  EXPECT_THAT(marks.find(kKey, kStart + milliseconds{500}), IsEmpty());
}

TEST(ClaimMarks, LooksAtTheLeftEdgeEachFiveSecondsAtLeast) {
  ClaimMarks marks;
  using std::chrono::seconds;
  marks.note_full(kKey, milliseconds{900}, {.priority = 0, .run_at = 0}, kStart);
  EXPECT_THAT(marks.find(kKey, kStart + milliseconds{4999}), Not(IsEmpty()));
  EXPECT_THAT(marks.find(kKey, kStart + seconds{5}), IsEmpty());
  marks.note_full(kKey, seconds{3}, {.priority = 0, .run_at = 0}, kStart);
  EXPECT_THAT(marks.find(kKey, kStart + milliseconds{11'999}), Not(IsEmpty()));
  EXPECT_THAT(marks.find(kKey, kStart + seconds{12}), IsEmpty());
}

TEST(ClaimMarks, ForgetsOnceTheLeftEdgeIsQuickAgain) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 0, .run_at = 0}, kStart);
  marks.note_full(kKey, microseconds{400}, {.priority = 0, .run_at = 0}, kStart);
  EXPECT_THAT(marks.find(kKey, kStart), IsEmpty());
  // Nor does a claim that began at the mark before bring it back.
  marks.note_marked(kKey, {.priority = 0, .run_at = 7});
  EXPECT_THAT(marks.find(kKey, kStart), IsEmpty());
}

TEST(ClaimMarks, LooksAgainAsSeldomWhenThereWasNothing) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 0, .run_at = kSecond}, kStart);
  marks.note_nothing(kKey, milliseconds{20}, kStart + milliseconds{500});
  EXPECT_THAT(marks.find(kKey, kStart + milliseconds{1499}),
              ElementsAre(ClaimMark{0, kSecond - kSlack}));
  EXPECT_THAT(marks.find(kKey, kStart + milliseconds{1500}), IsEmpty());
  marks.note_nothing(kKey, milliseconds{5}, kStart + milliseconds{1500});
  EXPECT_THAT(marks.find(kKey, kStart), IsEmpty());
}

TEST(ClaimMarks, RemembersEachLaneTheHighestFirst) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 3, .run_at = 9 * kSecond}, kStart);
  marks.note_full(kKey, milliseconds{10}, {.priority = 7, .run_at = 4 * kSecond}, kStart);
  EXPECT_THAT(marks.find(kKey, kStart),
              ElementsAre(ClaimMark{7, 4 * kSecond - kSlack}, ClaimMark{3, 9 * kSecond - kSlack}));
  // Of too many, the one that stands furthest back goes.
  for (int lane = 10; lane < 25; ++lane) {
    marks.note_marked(kKey, {.priority = lane, .run_at = 20 * kSecond});
  }
  EXPECT_THAT(marks.find(kKey, kStart), SizeIs(16));
  EXPECT_EQ(marks.find(kKey, kStart).back().priority, 3);
}

TEST(ClaimMarks, TellsWorkersDomainsAndTasksApart) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 0, .run_at = 0}, kStart);
  EXPECT_THAT(marks.find({WorkerId{2}, "default", 3}, kStart), IsEmpty());
  EXPECT_THAT(marks.find({WorkerId{1}, "mail", 3}, kStart), IsEmpty());
  EXPECT_THAT(marks.find({WorkerId{1}, "default", 2}, kStart), IsEmpty());
}

}  // namespace
}  // namespace stint::postgres
