#include "config/settings_transfer.hpp"
#include <chrono>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint {
namespace {

Settings settings_of_all_sources() {
  return load_settings({.toml = "[stores]\ndefault = \"sqlite:a.db\"\n[worker]\ngrace = \"2s\"\n"
                                "[mine]\nlist = [\"x\", \"y\"]\n",
                        .command_line = {{"worker.slots", "3"}},
                        .environment = {{{"STINT_WORKER_BATCH", "17"}, {"STINT_MINE_KEY", "e"}}}});
}

TEST(SettingsTransfer, GivesTheSameSettings) {
  const Settings before = settings_of_all_sources();
  const Settings after = unpack_settings(pack_settings(before));
  for (const char* key : {"stores.default", "worker.slots", "worker.batch", "worker.grace"}) {
    EXPECT_EQ(after.source(key), before.source(key)) << key;
  }
  EXPECT_EQ(after.get<std::string>("stores.default"), "sqlite:a.db");
  EXPECT_EQ(after.get<int>("worker.slots"), 3);
  EXPECT_EQ(after.get<int>("worker.batch"), 17);
  EXPECT_EQ(after.get<std::chrono::milliseconds>("worker.grace"), std::chrono::seconds{2});
  EXPECT_EQ(after.get<std::vector<std::string>>("mine.list").size(), 2U);
}

TEST(SettingsTransfer, RefusesWhatIsCutOff) {
  const std::string whole = pack_settings(settings_of_all_sources());
  EXPECT_THROW(unpack_settings(whole.substr(0, whole.size() / 2)), Error);
  EXPECT_THROW(unpack_settings(""), Error);
}

}  // namespace
}  // namespace stint
