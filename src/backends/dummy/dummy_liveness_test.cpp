#include "backends/dummy/dummy_liveness.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(DummyLiveness, RemembersForItselfAlone) {
  const auto liveness = make_dummy_liveness({});
  EXPECT_FALSE(liveness->read().success);
  liveness->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  EXPECT_EQ(liveness->read().success->state, "succeeded");
  EXPECT_FALSE(liveness->read().sign_of_life);
  EXPECT_FALSE(make_dummy_liveness({})->read().success);
}

}  // namespace
}  // namespace stint
