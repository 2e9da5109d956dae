// `doctor`: is all well?
#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Doctor : public ::testing::Test {
 protected:
  /// Run it and keep what it says of each check.
  ProcessResult look(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"doctor", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    ProcessResult result = program.run(words);
    checks = json::object();
    for (const std::string& line : lines_of(result.out)) {
      const json check = json::parse(line);
      for (const char* name : {"check", "status", "value", "meaning", "advice"}) {
        EXPECT_TRUE(check.contains(name)) << line;
      }
      checks[check["check"].get<std::string>()] = check;
    }
    return result;
  }
  std::string status(const std::string& check) const {
    return checks.contains(check) ? checks[check]["status"] : "not made";
  }

  Program program{"test_tasks"};
  json checks;
};

TEST_F(Doctor, FindsAFreshPlaceWellAndMakesNothing) {
  EXPECT_EQ(look().exit_code, 0) << checks.dump(2);
  EXPECT_THAT(checks["schema"]["value"], HasSubstr("no tables yet"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator{program.folder()}) {
    EXPECT_NE(entry.path().filename(), "jobs.db") << "the store was made by looking at it";
  }
}

TEST_F(Doctor, TellsJobsThatNobodyCanTake) {
  program.output({"enqueue", "t.double", "a=1"});
  EXPECT_EQ(look().exit_code, 1);
  EXPECT_EQ(status("stranded_jobs"), "problem");
  EXPECT_THAT(checks["stranded_jobs"]["value"], HasSubstr("1 job of t.double"));
  program.output({"worker", "run", "--drain"});
  EXPECT_EQ(look({"--full"}).exit_code, 0) << checks.dump(2);
  EXPECT_EQ(status("integrity"), "ok");
  EXPECT_EQ(status("journal_mode"), "ok");
  EXPECT_EQ(status("clock"), "ok");
  EXPECT_EQ(status("locks"), "ok");
  EXPECT_EQ(status("liveness"), "ok");
}

TEST_F(Doctor, TellsWhoMayWriteToTheFile) {
  const std::string file = program.folder() + "/open.db";
  program.set("STINT_STORE", "sqlite:" + file);
  program.output({"enqueue", "t.double", "a=1", "--at", "2100-01-01"});
  ::chmod(file.c_str(), 0666);
  EXPECT_EQ(look().exit_code, 1);
  EXPECT_EQ(status("store_file"), "problem");
}

TEST_F(Doctor, MakesAllOtherChecksWithoutAStore) {
  const ProcessResult result = look({"--store", "postgresql://127.0.0.1:1/none?connect_timeout=2"});
  EXPECT_EQ(result.exit_code, 69);
  EXPECT_EQ(status("store"), "problem");
  EXPECT_EQ(status("descriptors"), "ok");
  EXPECT_EQ(status("settings"), "ok");
  EXPECT_EQ(status("locks"), "ok");
  EXPECT_EQ(status("queue_age"), "not made");
}

TEST_F(Doctor, ReportsWrongSettingsInsteadOfEndingWithThem) {
  program.write_file("stint.toml", "[worker]\nslots = 0\nslot = 3\n");
  EXPECT_EQ(look().exit_code, 1);
  EXPECT_EQ(status("settings"), "problem");
  EXPECT_THAT(checks["settings"]["value"], HasSubstr("worker.slots"));
}

TEST_F(Doctor, ReportsAFileThatIsNoStore) {
  std::ofstream{program.folder() + "/text.db"} << std::string(5000, 'x');
  EXPECT_EQ(look({"--store", "sqlite:text.db"}).exit_code, 1);
  EXPECT_EQ(status("store"), "problem");
}

TEST_F(Doctor, AsksTheBackendsOfTheRoles) {
  program.write_file("stint.toml",
                     "[one_instance]\nbackend = \"redis\"\n"
                     "[one_instance.redis]\nurl = \"redis://127.0.0.1:1\"\n"
                     "[metrics]\nbackend = \"influxdb\"\n"
                     "[metrics.influxdb]\nport = 1\ndatabase = \"x\"\n");
  EXPECT_EQ(look().exit_code, 1) << checks.dump(2);
  EXPECT_EQ(status("locks"), "problem");
  EXPECT_EQ(status("metrics"), "problem");
  EXPECT_EQ(status("liveness"), "ok");
}

TEST_F(Doctor, IsPlainWhenPipedAndShortWithProblemsAlone) {
  program.output({"enqueue", "t.double", "a=1"});
  const ProcessResult all = program.run({"doctor"});
  EXPECT_THAT(all.out, HasSubstr("problem  stranded_jobs"));
  EXPECT_THAT(all.out, HasSubstr("\n         to do: start the program"));
  EXPECT_THAT(all.out, Not(HasSubstr("\x1b")));
  const ProcessResult bad = program.run({"doctor", "--problems"});
  EXPECT_THAT(bad.out, Not(HasSubstr("ok   ")));
  EXPECT_THAT(bad.out, HasSubstr("1 problem, "));
}

}  // namespace
}  // namespace stint::test
