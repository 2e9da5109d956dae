#include "backends/postgres/claim_marks.hpp"
#include <gtest/gtest.h>

namespace stint::postgres {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::int64_t kSecond = 1'000'000;
const ClaimMarks::Key kKey{WorkerId{1}, "default"};
const ClaimMarks::Clock::time_point kStart{std::chrono::hours{5}};

TEST(ClaimMarks, BeginsAtTheLeftEdgeWhileThatIsQuick) {
  ClaimMarks marks;
  EXPECT_EQ(marks.find(kKey, kStart), std::nullopt);
  marks.note_full(kKey, milliseconds{5}, {.priority = 0, .run_at = 9 * kSecond}, kStart);
  EXPECT_EQ(marks.find(kKey, kStart), std::nullopt);
}

TEST(ClaimMarks, BeginsBehindTheLastJobOnceTheLeftEdgeIsSlow) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 3, .run_at = 9 * kSecond}, kStart);
  EXPECT_EQ(marks.find(kKey, kStart), (ClaimMark{.priority = 3, .run_at = 8 * kSecond}));
  marks.note_marked(kKey, {.priority = 3, .run_at = 20 * kSecond});
  EXPECT_EQ(marks.find(kKey, kStart), (ClaimMark{.priority = 3, .run_at = 19 * kSecond}));
}

TEST(ClaimMarks, LooksAtTheLeftEdgeForTwoPercentOfTheTime) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 0, .run_at = 0}, kStart);
  EXPECT_NE(marks.find(kKey, kStart + milliseconds{499}), std::nullopt);
  EXPECT_EQ(marks.find(kKey, kStart + milliseconds{500}), std::nullopt);
}

TEST(ClaimMarks, ForgetsOnceTheLeftEdgeIsQuickAgain) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 0, .run_at = 0}, kStart);
  marks.note_full(kKey, microseconds{400}, {.priority = 0, .run_at = 0}, kStart);
  EXPECT_EQ(marks.find(kKey, kStart), std::nullopt);
  // Nor does a claim that began at the mark before bring it back.
  marks.note_marked(kKey, {.priority = 0, .run_at = 7});
  EXPECT_EQ(marks.find(kKey, kStart), std::nullopt);
}

TEST(ClaimMarks, TellsWorkersAndDomainsApart) {
  ClaimMarks marks;
  marks.note_full(kKey, milliseconds{10}, {.priority = 0, .run_at = 0}, kStart);
  EXPECT_EQ(marks.find({WorkerId{2}, "default"}, kStart), std::nullopt);
  EXPECT_EQ(marks.find({WorkerId{1}, "mail"}, kStart), std::nullopt);
}

}  // namespace
}  // namespace stint::postgres
