#include "stint/setting.hpp"
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/module.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(Setting, TellsItsTypeFromCpp) {
  EXPECT_EQ(Setting::of<bool>("x").spec().type, SettingType::kBoolean);
  EXPECT_EQ(Setting::of<long>("x").spec().type, SettingType::kInteger);
  EXPECT_EQ(Setting::of<float>("x").spec().type, SettingType::kNumber);
  EXPECT_EQ(Setting::of<std::string>("x").spec().type, SettingType::kString);
  EXPECT_EQ(Setting::of<std::chrono::hours>("x").spec().type, SettingType::kDuration);
  EXPECT_EQ(Setting::of<std::vector<std::string>>("x").spec().type, SettingType::kList);
  EXPECT_EQ(Setting::of<json>("x").spec().type, SettingType::kTable);
}

TEST(Setting, CollectsDetails) {
  const SettingSpec spec =
      Setting::of<std::string>("a.b").required().help("text").secret().one_of("x", "y").spec();
  EXPECT_EQ(spec.key, "a.b");
  EXPECT_TRUE(spec.required);
  EXPECT_TRUE(spec.secret);
  EXPECT_EQ(spec.help, "text");
  EXPECT_THAT(spec.choices, ElementsAre("x", "y"));
  EXPECT_EQ(spec.default_value, std::nullopt);
}

TEST(Setting, HasRangesInSeconds) {
  const SettingSpec spec = Setting::of<std::chrono::milliseconds>("x").range(500ms, 2h).spec();
  EXPECT_EQ(spec.minimum, 0.5);
  EXPECT_EQ(spec.maximum, 7200);
}

TEST(Setting, IsBoundByASmallType) {
  const SettingSpec small = Setting::of<short>("x").spec();
  EXPECT_EQ(small.minimum, -32768);
  EXPECT_EQ(small.maximum, 32767);
  EXPECT_EQ(Setting::of<long>("x").spec().minimum, std::nullopt);
}

TEST(Setting, TakesItsDefaultAsArgumentsDo) {
  Module module{"example"};
  module.setting<std::string>("k") = "v";
  module.setting<std::chrono::seconds>("wait") = 90s;
  module.setting<std::vector<std::string>>("list") = std::vector<std::string>{"a", "b"};
  ASSERT_EQ(module.settings().size(), 3U);
  EXPECT_EQ(module.settings()[0].spec().default_value, json("v"));
  EXPECT_EQ(module.settings()[1].spec().default_value, json("1m30s"));
  EXPECT_EQ(module.settings()[2].spec().default_value, json({"a", "b"}));
}

}  // namespace
}  // namespace stint
