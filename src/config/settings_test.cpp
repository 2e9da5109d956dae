#include "stint/settings.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "config/load_settings.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Settings settings_of(std::string_view toml, std::span<const SettingSpec> declared = {}) {
  std::vector<std::string> problems;
  Settings settings = read_settings(
      {.toml = std::string{toml}, .environment = std::map<std::string, std::string>{}}, declared,
      UnknownSettings::kKept, problems);
  EXPECT_EQ(problems, std::vector<std::string>{});
  return settings;
}

template <typename T>
std::string error_of(const Settings& settings, std::string_view key) {
  try {
    static_cast<void>(settings.get<T>(key));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    return error.what();
  }
  return "no error";
}

TEST(Settings, ConvertsToEveryType) {
  const Settings settings =
      settings_of("[own]\nb = true\ni = 7\nd = 1.5\ns = \"x\"\nl = [\"a\", \"b\"]\nt = \"90s\"");
  EXPECT_EQ(settings.get<bool>("own.b"), true);
  EXPECT_EQ(settings.get<int>("own.i"), 7);
  EXPECT_EQ(settings.get<long>("own.i"), 7);
  EXPECT_EQ(settings.get<std::uint16_t>("own.i"), 7);
  EXPECT_EQ(settings.get<double>("own.d"), 1.5);
  EXPECT_EQ(settings.get<double>("own.i"), 7.0);
  EXPECT_EQ(settings.get<std::string>("own.s"), "x");
  EXPECT_THAT(settings.get<std::vector<std::string>>("own.l"), ElementsAre("a", "b"));
  EXPECT_EQ(settings.get<std::chrono::milliseconds>("own.t"), 90s);
  EXPECT_EQ(settings.get<std::chrono::minutes>("own.t"), 1min) << "cut off";
  EXPECT_EQ(settings.get<std::chrono::duration<double>>("own.d").count(), 1.5);
  EXPECT_EQ(settings.get<json>("own.l"), json({"a", "b"}));
}

TEST(Settings, NamesTheKeyThatIsNotSet) {
  const Settings settings;
  EXPECT_EQ(error_of<int>(settings, "worker.slots"),
            "there is no value for worker.slots; set it in stint.toml, or in the environment as "
            "STINT_WORKER_SLOTS");
  EXPECT_THAT(error_of<int>(settings, "worker.slts"),
              HasSubstr("there is no setting \"worker.slts\" (did you mean \"worker.slots\"?)"));
  EXPECT_EQ(settings.find<std::string>("warehouse.url"), std::nullopt);
}

TEST(Settings, NamesTheKeyOfAnotherType) {
  const Settings settings = settings_of("[own]\ns = \"x\"\nn = -1\nbig = 300\nd = 1.5\nl = [1]");
  EXPECT_THAT(error_of<int>(settings, "own.s"),
              HasSubstr("stint.toml:2: own.s is \"x\", and is read as a whole number"));
  EXPECT_THAT(error_of<bool>(settings, "own.s"), HasSubstr("read as true or false"));
  EXPECT_THAT(error_of<double>(settings, "own.s"), HasSubstr("read as a number"));
  EXPECT_THAT(error_of<std::string>(settings, "own.n"),
              HasSubstr("own.n is -1, and is read as a string"));
  EXPECT_THAT(error_of<std::chrono::seconds>(settings, "own.n"), HasSubstr("read as a duration"));
  EXPECT_THAT(error_of<std::vector<std::string>>(settings, "own.l"),
              HasSubstr("a list of strings"));
  EXPECT_THAT(error_of<int>(settings, "own.d"), HasSubstr("own.d is 1.5"));
  EXPECT_THAT(error_of<unsigned>(settings, "own.n"),
              HasSubstr("own.n is -1, too large or too small"));
  EXPECT_THAT(error_of<std::uint8_t>(settings, "own.big"), HasSubstr("own.big is 300, too large"));
}

TEST(Settings, DoesNotShowSecretsInErrors) {
  const std::vector<SettingSpec> declared = {Setting::of<std::string>("own.token").secret().spec()};
  const Settings settings = settings_of("[own]\ntoken = \"hunter2\"", declared);
  EXPECT_THAT(error_of<int>(settings, "own.token"), Not(HasSubstr("hunter2")));
}

TEST(Settings, ReadsWholeTables) {
  const Settings settings =
      settings_of("[logging.levels]\nworker = \"debug\"\n\"a.b\" = \"error\"");
  EXPECT_EQ(settings.get<json>("logging.levels"),
            json::parse(R"({"worker":"debug","a":{"b":"error"}})"));
  EXPECT_EQ(settings.get<json>("logging")["level"], "info");
  EXPECT_EQ(settings.get<std::string>("logging.levels.a.b"), "error");
  EXPECT_EQ(settings.find<json>("nothing"), std::nullopt);
}

TEST(Settings, ListsTheNamesOfATable) {
  const Settings settings = settings_of("[stores]\nb = \"sqlite:b\"\na = \"sqlite:a\"");
  EXPECT_THAT(settings.names("stores"), ElementsAre("a", "b"));
  EXPECT_THAT(settings.names("limits"), ElementsAre("max_bytes", "max_json", "max_log"));
  EXPECT_THAT(settings.names("store"), ::testing::IsEmpty());
  EXPECT_TRUE(settings.has("stores"));
  EXPECT_TRUE(settings.has("stores.a"));
  EXPECT_FALSE(settings.has("stores.c"));
}

TEST(Settings, AreSharedByCopies) {
  const Settings settings = settings_of("node = \"alpha\"");
  const Settings copy = settings;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(&copy.state(), &settings.state());
}

}  // namespace
}  // namespace stint
