// `settings show|check`, and settings that are wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SettingsShow, TellsWhereEachValueCameFrom) {
  Program stint{"stint"};
  stint.write_file("stint.toml", "[worker]\nslots = 3\n[logging]\nlevel = \"warning\"\n");
  stint.set("STINT_WORKER_SLOTS", "5");
  std::map<std::string, json> found;
  for (const std::string& line :
       lines_of(stint.output({"settings", "show", "--json", "--log-level", "error"}))) {
    const json object = json::parse(line);
    found[object["key"]] = object;
  }
  EXPECT_EQ(found["worker.slots"]["value"], 5);
  EXPECT_EQ(found["worker.slots"]["source"], "environment STINT_WORKER_SLOTS");
  EXPECT_EQ(found["logging.level"]["value"], "error");
  EXPECT_EQ(found["logging.level"]["source"], "command line");
  EXPECT_EQ(found["worker.lease"]["source"], "default");
  EXPECT_THAT(stint.output({"settings", "show", "worker"}), Not(HasSubstr("logging.level")));
}

TEST(SettingsShow, NamesTheNearestKey) {
  const Program stint{"stint"};
  const ProcessResult result = stint.run({"settings", "show", "wroker"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("no setting or table \"wroker\" (did you mean \"worker\"?)"));
  EXPECT_EQ(stint.run({"settings", "show", "worker.lese"}).exit_code, 3);
}

TEST(SettingsShow, HidesPasswords) {
  const Program stint{"stint"};
  const std::string shown =
      stint.output({"settings", "show", "--store", "postgresql://ann:s3cret@localhost/app"});
  EXPECT_THAT(shown, HasSubstr("postgresql://ann:***@localhost/app"));
  EXPECT_THAT(shown, Not(HasSubstr("s3cret")));
}

TEST(SettingsCheck, SaysThatAllIsRight) {
  const Program stint{"stint"};
  stint.write_file("stint.toml", "[worker]\nslots = 3\n");
  EXPECT_THAT(stint.output({"settings", "check"}), HasSubstr("1 keys set, all right"));
  EXPECT_EQ(json::parse(stint.output({"settings", "check", "--json"}))["ok"], true);
}

TEST(SettingsCheck, ReportsEveryMistakeAtOnce) {
  const Program stint{"stint"};
  const std::string file = stint.write_file("bad.toml",
                                            "run_onec = true\n"
                                            "[worker]\nslots = \"many\"\nlease = -5\n"
                                            "[logging]\nlevel = \"loud\"\n"
                                            "[limits]\nmax_jsn = 5\n");
  const ProcessResult result = stint.run({"settings", "check", "-s", file});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_EQ(result.out, "");
  for (const char* part : {"5 problems", "run_once", "worker.slots", "worker.lease",
                           "logging.level", "max_jsn", "bad.toml:1", "bad.toml:3"}) {
    EXPECT_THAT(result.err, HasSubstr(part));
  }
  // No command works with such settings, and none does anything.
  EXPECT_EQ(stint.run({"job", "list", "-s", file}).exit_code, 78);
}

TEST(SettingsCheck, RefusesWhatIsNoSettingsFile) {
  const Program stint{"stint"};
  const std::string broken = stint.write_file("broken.toml", "a = \n");
  EXPECT_EQ(stint.run({"settings", "check", "-s", broken}).exit_code, 78);
  const ProcessResult missing = stint.run({"settings", "check", "-s", "missing.toml"});
  EXPECT_EQ(missing.exit_code, 78);
  EXPECT_THAT(missing.err, HasSubstr("missing.toml"));
  EXPECT_EQ(stint.run({"settings", "check", "--log-level", "loud"}).exit_code, 2);
  EXPECT_EQ(stint.run({"settings", "check", "extra"}).exit_code, 2);
  EXPECT_EQ(stint.run({"settings", "shwo"}).exit_code, 2);
}

}  // namespace
}  // namespace stint::test
