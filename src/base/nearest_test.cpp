#include "base/nearest.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(EditDistance, CountsEachKindOfSlipAsOne) {
  EXPECT_EQ(edit_distance("level", "level", 3), 0);
  EXPECT_EQ(edit_distance("level", "levl", 3), 1);
  EXPECT_EQ(edit_distance("level", "levvel", 3), 1);
  EXPECT_EQ(edit_distance("level", "lewel", 3), 1);
  EXPECT_EQ(edit_distance("level", "levle", 3), 1);
}

TEST(EditDistance, TakesCaseAndDashesAsTheSame) {
  EXPECT_EQ(edit_distance("Run-Once", "run_once", 3), 0);
}

TEST(EditDistance, EndsAboveTheLimit) {
  EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 2), 3);
  EXPECT_EQ(edit_distance("a", "abcdefgh", 2), 3);
  EXPECT_EQ(edit_distance("", "ab", 2), 2);
}

TEST(DidYouMean, NamesTheNearest) {
  EXPECT_EQ(did_you_mean("levle", {"file", "level", "levels"}), " (did you mean \"level\"?)");
}

TEST(DidYouMean, PrefersTheFirstOfEquallyNear) {
  EXPECT_EQ(did_you_mean("foo", {"fop", "fox"}), " (did you mean \"fop\"?)");
}

TEST(DidYouMean, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("warehouse", {"level", "file"}), "");
  EXPECT_EQ(did_you_mean("ab", {"cd"}), "");
  EXPECT_EQ(did_you_mean("", {"a"}), "");
  EXPECT_EQ(did_you_mean("level", {}), "");
}

TEST(DidYouMean, IsSilentForEndlessNames) {
  const std::string endless(100'000, 'a');
  EXPECT_EQ(did_you_mean(endless, {endless}), "");
}

TEST(DidYouMean, TakesListsOfStrings) {
  const std::vector<std::string> names = {"images.resize", "images.crop"};
  EXPECT_EQ(did_you_mean("image.resize", names), " (did you mean \"images.resize\"?)");
}

}  // namespace
}  // namespace stint
