#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/settings_loading.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using namespace stint::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

struct WrongValue {
  std::string_view toml;
  std::string_view problem;
};

TEST(UnknownNames, AreRefusedWithTheNearestAndTheLine) {
  const std::vector<WrongValue> cases = {
      {"[logging]\nlevle = \"info\"",
       "stint.toml:2: there is no setting \"logging.levle\" (did you mean \"logging.level\"?)"},
      {"\nslep_interval = 5",
       "stint.toml:2: there is no setting \"slep_interval\" (did you mean \"sleep_interval\"?)"},
      {"[loging]\nlevel = \"info\"",
       "stint.toml:1: there is no table \"loging\" (did you mean \"logging\"?)"},
      {"level = \"info\"", "there is no setting \"level\" (did you mean \"logging.level\"?)"},
      {"[one_instance.consull]\nport = 1",
       "there is no table \"one_instance.consull\" (did you mean \"one_instance.consul\"?)"},
      {"[warehouse]\nurl = \"x\"",
       "there is no table \"warehouse\"; correct its name, or declare its keys in a module"},
      {"[worker.slots.deep]\nx = 1", "worker.slots is a table; write a whole number"},
  };
  for (const WrongValue& wrong : cases) {
    EXPECT_THAT(problems_of(wrong.toml), ElementsAre(HasSubstr(std::string{wrong.problem})))
        << wrong.toml;
  }
}

TEST(UnknownNames, OfVariablesAreRefused) {
  EXPECT_THAT(problems_of("", {{"STINT_LOGGING_LEVLE", "info"}}),
              ElementsAre("environment STINT_LOGGING_LEVLE: there is no such setting (did you mean "
                          "\"STINT_LOGGING_LEVEL\"?); correct its name or unset it"));
  EXPECT_THAT(problems_of("", {{"STINT_STORES_DEFAULT", "sqlite:x"}}),
              ElementsAre(HasSubstr("did you mean \"STINT_STORE\"?")));
  EXPECT_THAT(problems_of("", {{"STINT_SETINGS", "x"}}),
              ElementsAre(HasSubstr("did you mean \"STINT_SETTINGS\"?")));
  EXPECT_THAT(problems_of("", {{"STINT_WAREHOUSE_URL", "x"}}),
              ElementsAre(HasSubstr("there is no such setting; correct")));
}

TEST(UnknownNames, OfOtherProgramsVariablesAreNotTheirBusiness) {
  EXPECT_THAT(problems_of("", {{"STINT_TEST_POSTGRES", "x"},
                               {"STINT_FULL", "1"},
                               {"STINT_FENCING_TOKEN", "7"},
                               {"STINTED", "x"},
                               {"PATH", "/bin"}}),
              IsEmpty());
}

TEST(UnknownNames, OfTheCommandLineAreRefused) {
  LoadOptions options = from_toml("");
  options.command_line = {{"worker.slts", "3"}};
  EXPECT_THAT(
      load(options).problems,
      ElementsAre(HasSubstr("command line: there is no setting \"worker.slts\" (did you mean "
                            "\"worker.slots\"?)")));
}

TEST(UnknownNames, AreKeptInTablesOfTheirOwnUntilTheyAreChecked) {
  const LoadOptions options =
      from_toml("[warehouse]\nurl = \"https://x\"\ntimeout = 7\n[warehouse.extra]\na = 1",
                {{"STINT_WAREHOUSE_PORT", "443"}});
  const Loaded loaded = load(options, {}, UnknownSettings::kKept);
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.get<std::string>("warehouse.url"), "https://x");
  EXPECT_EQ(loaded.settings.get<std::chrono::seconds>("warehouse.timeout"), 7s);
  EXPECT_EQ(loaded.settings.find<int>("warehouse.port"), std::nullopt);
  EXPECT_EQ(loaded.settings.get<json>("warehouse"),
            json::parse(R"({"url":"https://x","timeout":7,"extra":{"a":1}})"));

  const Settings checked = check_settings(loaded.settings, warehouse_settings());
  EXPECT_EQ(checked.get<int>("warehouse.port"), 443);
  EXPECT_EQ(checked.source("warehouse.port"), "environment STINT_WAREHOUSE_PORT");
  EXPECT_EQ(checked.get<std::chrono::seconds>("warehouse.timeout"), 7s);

  try {
    static_cast<void>(check_settings(loaded.settings, {}));
    FAIL() << "unknown names passed";
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.problems(),
                ElementsAre(HasSubstr("stint.toml:1: there is no table \"warehouse\""),
                            HasSubstr("STINT_WAREHOUSE_PORT")));
  }
}

TEST(UnknownNames, AreRefusedEarlyWhereNoModuleCouldDeclareThem) {
  const Loaded loaded = load(from_toml("[logging]\nlevle = \"info\"\n[own]\nkey = 1",
                                       {{"STINT_LOGGING_LEVLE", "info"}, {"STINT_OWN_KEY", "2"}}),
                             {}, UnknownSettings::kKept);
  EXPECT_THAT(loaded.problems,
              ElementsAre(HasSubstr("logging.levle"), HasSubstr("STINT_LOGGING_LEVLE")));
  EXPECT_THAT(load(from_toml("slep_interval = 5"), {}, UnknownSettings::kKept).problems,
              ElementsAre(HasSubstr("slep_interval")));
}

TEST(DeclaredSettings, AreCheckedAsTheLibrarysOwn) {
  EXPECT_THAT(
      problems_of("[warehouse]\nport = 70000\ntimeout = \"2m\"\nulr = \"x\"", {},
                  warehouse_settings()),
      ElementsAre(HasSubstr("stint.toml:2: warehouse.port is 70000; write a whole number from "
                            "1 to 65535"),
                  HasSubstr("warehouse.timeout is \"2m\"; write a duration from 1s to 1m"),
                  HasSubstr("stint.toml:4: there is no setting \"warehouse.ulr\" (did you mean "
                            "\"warehouse.url\"?)"),
                  "there is no value for warehouse.url (where it answers); set it in "
                  "stint.toml, or in the environment as STINT_WAREHOUSE_URL"));
}

TEST(DeclaredSettings, MayBeOfABackendOfOnesOwn) {
  const std::vector<SettingSpec> declared = {
      {.key = "one_instance.mine.url", .type = SettingType::kString},
      {.key = "liveness.mine.ttl", .type = SettingType::kDuration}};
  const LoadOptions options =
      from_toml("[one_instance.mine]\nurl = \"x\"", {{"STINT_LIVENESS_MINE_TTL", "2s"}});
  const Loaded early = load(options, {}, UnknownSettings::kKept);
  EXPECT_THAT(early.problems, IsEmpty());
  const Settings checked = check_settings(early.settings, declared);
  EXPECT_EQ(checked.get<std::string>("one_instance.mine.url"), "x");
  EXPECT_EQ(checked.get<std::chrono::seconds>("liveness.mine.ttl"), 2s);
  // One of the library's own backends takes no further keys, nor does a slip pass for another.
  EXPECT_THAT(problems_of("[one_instance.consull]\nport = 1"), SizeIs(1));
  EXPECT_THAT(
      load(from_toml("[one_instance.consull]\nport = 1"), {}, UnknownSettings::kKept).problems,
      SizeIs(1));
  const std::vector<SettingSpec> taken = {
      {.key = "one_instance.consul.mine", .type = SettingType::kString}};
  EXPECT_THAT(load(from_toml(""), taken, UnknownSettings::kKept).problems, SizeIs(1));
}

TEST(DeclaredSettings, GiveTheirDefaults) {
  const Loaded loaded = load(from_toml("[warehouse]\nurl = \"x\""), warehouse_settings());
  EXPECT_EQ(loaded.settings.get<std::chrono::seconds>("warehouse.timeout"), 5s);
  EXPECT_EQ(loaded.settings.source("warehouse.timeout"), "default");
}

TEST(DeclaredSettings, MayStandAtTheTop) {
  const std::vector<SettingSpec> declared = {(Setting::of<std::string>("k") = "v").spec()};
  EXPECT_EQ(load(from_toml(""), declared).settings.get<std::string>("k"), "v");
  EXPECT_EQ(load(from_toml("k = \"w\""), declared).settings.get<std::string>("k"), "w");
  EXPECT_EQ(load(from_toml("", {{"STINT_K", "x"}}), declared).settings.get<std::string>("k"), "x");
}

TEST(DeclaredSettings, AreNotMissedTwiceWhenTheirValueIsWrong) {
  EXPECT_THAT(problems_of("[warehouse]\nurl = 3", {}, warehouse_settings()),
              ElementsAre(HasSubstr("warehouse.url is 3; write a string")));
}

TEST(DeclaredSettings, AreRefusedWhereTheyCannotHold) {
  const auto refused = [](const Setting& setting) {
    const std::vector<SettingSpec> declared = {Setting::of<int>("a.b").spec(), setting.spec()};
    return problems_of("", {}, declared);
  };
  EXPECT_THAT(refused(Setting::of<int>("logging.mine")),
              ElementsAre(HasSubstr("stands in \"logging\", which is the library's own")));
  EXPECT_THAT(refused(Setting::of<int>("modules.mine")),
              ElementsAre(HasSubstr("stands in \"modules\", which is the library's own")));
  EXPECT_THAT(refused(Setting::of<int>("a")), ElementsAre(HasSubstr("is the table of another")));
  EXPECT_THAT(refused(Setting::of<int>("a.b.c")), ElementsAre(HasSubstr("stands below")));
  EXPECT_THAT(refused(Setting::of<int>("a_b")), ElementsAre(HasSubstr("same variable STINT_A_B")));
  EXPECT_THAT(refused(Setting::of<int>("store")),
              ElementsAre(HasSubstr("same variable STINT_STORE")));
  EXPECT_THAT(refused(Setting::of<int>("full")),
              ElementsAre(HasSubstr("STINT_FULL, which is used")));
  EXPECT_THAT(refused(Setting::of<std::string>("a.b")), ElementsAre(HasSubstr("declared already")));
  EXPECT_THAT(refused(Setting::of<int>("a.b")), IsEmpty()) << "two modules may share a key";
  for (const char* name : {"", ".", "a.", ".a", "a..b", "A.b", "a b", "1a", "a.*", "a.\xC3\xA4"}) {
    EXPECT_THAT(refused(Setting::of<int>(name)), ElementsAre(HasSubstr("no usable name"))) << name;
  }
  EXPECT_THAT(refused(Setting::of<int>("x") = "text"),
              ElementsAre(HasSubstr("has a default that is \"text\"; write a whole number")));
  EXPECT_THAT(refused(Setting::of<int>("x").range(1, 5) = 7),
              ElementsAre(HasSubstr("default that is 7")));
  EXPECT_THAT(refused(Setting::of<int>("x").one_of(1, "two")),
              ElementsAre(HasSubstr("has a choice that is \"two\"")));
}

TEST(DeclaredSettings, BoundIntegersByTheirType) {
  const std::vector<SettingSpec> declared = {Setting::of<std::uint8_t>("small").spec()};
  EXPECT_THAT(problems_of("small = 256", {}, declared), ElementsAre(HasSubstr("from 0 to 255")));
  EXPECT_THAT(problems_of("small = 255", {}, declared), IsEmpty());
}

}  // namespace
}  // namespace stint
