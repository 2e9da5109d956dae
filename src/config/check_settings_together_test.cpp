#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/settings_loading.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using namespace stint::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Stores, HaveAShortVariable) {
  const Loaded loaded =
      load(from_toml("[stores]\ndefault = \"sqlite:a.db\"", {{"STINT_STORE", "postgresql://h/d"}}));
  EXPECT_EQ(loaded.settings.get<std::string>("stores.default"), "postgresql://h/d");
  EXPECT_EQ(loaded.settings.source("stores.default"), "environment STINT_STORE");
}

TEST(Stores, HaveNames) {
  const Loaded loaded = load(
      from_toml("[stores]\narchive = \"sqlite:a.db\"", {{"STINT_STORES_SPARE", "sqlite:b.db"}}));
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(loaded.settings.names("stores"), ElementsAre("archive", "spare"));
  EXPECT_EQ(loaded.settings.get<std::string>("stores.spare"), "sqlite:b.db");
}

TEST(Stores, LetTheDefaultNameAnother) {
  const Loaded loaded =
      load(from_toml("[stores]\narchive = \"sqlite:a.db\"", {{"STINT_STORE", "archive"}}));
  EXPECT_EQ(loaded.settings.get<std::string>("stores.default"), "sqlite:a.db");
  EXPECT_THAT(
      problems_of("[stores]\narchive = \"sqlite:a.db\"\ndefault = \"archiv\""),
      ElementsAre(HasSubstr("stint.toml:3: stores.default is \"archiv\", neither a URL nor a "
                            "name under [stores] (did you mean \"archive\"?)")));
  EXPECT_THAT(problems_of("[stores]\ndefault = \"default\""),
              ElementsAre(HasSubstr("neither a URL")));
}

TEST(Stores, AreCheckedAsUrls) {
  EXPECT_THAT(problems_of("[stores]\nx = \"sqlite::memory:\""),
              ElementsAre(HasSubstr("stint.toml:2: stores.x: the URL")));
  EXPECT_THAT(problems_of("[stores]\n\"a b\" = \"sqlite:x\""),
              ElementsAre(HasSubstr("no name of a store")));
  EXPECT_THAT(problems_of("[stores.x]\nurl = \"sqlite:x\""),
              ElementsAre(HasSubstr("no name of a store")));
}

TEST(Worker, BeatsAtLeastTwiceALease) {
  EXPECT_THAT(
      problems_of("[worker]\nlease = 15"),
      ElementsAre(AllOf(StartsWith("stint.toml:2: worker.heartbeat (10s) is more than half of "
                                   "worker.lease (15s)"))));
  EXPECT_THAT(problems_of("[worker]\nlease = 15\nheartbeat = 7.5"), IsEmpty());
}

}  // namespace
}  // namespace stint
