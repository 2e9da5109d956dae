// Module files, loaded by the real programs.
#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "stint/testing.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Modules : public ::testing::Test {
 protected:
  Modules() {
    fs::create_directories(folder);
    ::chmod(folder.c_str(), 0755);
    stint.set("STINT_MODULES_DIRECTORIES", folder);
  }

  /// Put a copy of a fixture into the folder.
  void install(const std::string& fixture, const std::string& name = {}) const {
    const fs::path to = fs::path{folder} / ((name.empty() ? fixture : name) + ".so");
    fs::copy_file(std::string{STINT_TEST_PROGRAM_DIR} + "/modules/" + fixture + ".so", to,
                  fs::copy_options::overwrite_existing);
    ::chmod(to.c_str(), 0755);
  }
  std::string path(const std::string& name) const { return folder + "/" + name + ".so"; }

  json job(const Program& program, const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}));
  }
  std::string enqueue(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"enqueue", "--module", "good", "--json"};
    all.insert(all.end(), words.begin(), words.end());
    return json::parse(stint.output(all))["id"].dump();
  }
  void drain(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"worker", "run", "--module", "good", "--drain", "--slots", "1"};
    all.insert(all.end(), more.begin(), more.end());
    const ProcessResult result = stint.run(all);
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  std::string refusal(const std::vector<std::string>& modules) const {
    std::vector<std::string> words{"task", "list"};
    for (const std::string& module : modules) words.insert(words.end(), {"--module", module});
    const ProcessResult result = stint.run(words);
    EXPECT_EQ(result.exit_code, 78) << result.out << result.err;
    EXPECT_EQ(result.out, "");
    return result.err;
  }

  Program stint{"stint"};
  const std::string folder = stint.folder() + "/modules";
};

TEST_F(Modules, GiveTheirTasksAndCommandsToTheProgram) {
  install("good");
  EXPECT_THAT(stint.output({"task", "list", "--module", "good"}),
              AllOf(HasSubstr("good.sum"), HasSubstr("good.edition")));
  EXPECT_THAT(stint.output({"task", "show", "good.sum", "--module", path("good")}),
              HasSubstr("good.sum"));
  EXPECT_EQ(stint.output({"wave", "--module", "good"}), "Hello, everybody");
  EXPECT_THAT(stint.output({"--help", "--module", "good"}), HasSubstr("\n  wave "));
  EXPECT_EQ(stint.output({"run", "good.edition", "--run-once", "--module=good"}), "\"first\"");
  stint.output({"task", "register", "--module", "good"});
  // Known to the store by now: without the module, too.
  EXPECT_THAT(stint.output({"task", "show", "good.sum"}), HasSubstr("good.sum"));
  EXPECT_EQ(stint.run({"enqueue", "good.sum", "c=1"}).exit_code, 2);
}

class ModulesInSlots : public Modules, public ::testing::WithParamInterface<const char*> {};

TEST_P(ModulesInSlots, RunTheirTasks) {
  install("good");
  stint.set("STINT_GOOD_WORD", "Welcome");
  const std::string sum = enqueue({"good.sum", "a=40"});
  const std::string greeting = enqueue({"good.greet", "name=you"});
  const std::string printed = enqueue({"good.print"});
  const std::string failed = enqueue({"good.fail"});
  const std::string chain = enqueue({"good.chain"});
  const std::string pid = enqueue({"good.pid"});
  drain({"--isolation", GetParam()});
  EXPECT_EQ(job(stint, sum)["output"], 42);
  EXPECT_EQ(job(stint, greeting)["output"], "Welcome, you");
  EXPECT_EQ(job(stint, failed)["error"]["message"], "not today");
  EXPECT_EQ(job(stint, chain)["state"], "done");
  EXPECT_GT(job(stint, pid)["output"], 1);
  EXPECT_THAT(stint.output({"job", "logs", printed}),
              AllOf(HasSubstr("printed"), HasSubstr("logged 1")));
}

INSTANTIATE_TEST_SUITE_P(Isolation, ModulesInSlots, ::testing::Values("thread", "process"),
                         [](const auto& one) { return std::string{one.param}; });

TEST_F(Modules, AreThoseOfTheSettings) {
  install("good");
  install("two");
  const Program plain{"stint"};
  const std::string settings = stint.write_file(
      "with.toml", "[modules]\ndirectories = [\"" + folder + "\"]\nload = [\"good\", \"" +
                       path("two") + "\"]\n[good]\nword = \"Bye\"\n");
  EXPECT_THAT(plain.output({"task", "list", "--settings", settings}),
              AllOf(HasSubstr("good.sum"), HasSubstr("first.run"), HasSubstr("second.run")));
  EXPECT_EQ(plain.output({"wave", "-s", settings, "--module", "good"}), "Bye, everybody")
      << "named twice, loaded once";
  EXPECT_THAT(plain.output({"settings", "show", "-s", settings}), HasSubstr("good.word"));
}

TEST_F(Modules, AreNotListedByAFileThatOnlyLiesThere) {
  install("good");
  const Program plain{"stint"};
  plain.write_file("stint.toml",
                   "[modules]\ndirectories = [\"" + folder + "\"]\nload = [\"good\"]\n");
  const ProcessResult found = plain.run({"task", "list"});
  EXPECT_EQ(found.exit_code, 78);
  EXPECT_THAT(found.err,
              HasSubstr("stint.toml:2: modules.directories: a file that only lies in the "
                        "working folder cannot say"));
  EXPECT_THAT(plain.output({"task", "list", "--settings", "stint.toml"}), HasSubstr("good.sum"));
}

TEST_F(Modules, HavePathsThatDoNotDependOnTheFolder) {
  stint.set("STINT_MODULES_DIRECTORIES", "modules");
  EXPECT_THAT(refusal({"good"}),
              HasSubstr("environment STINT_MODULES_DIRECTORIES: modules.directories: \"modules\" "
                        "depends on where the program is started"));
}

TEST_F(Modules, AreMissedAtOnce) {
  install("good");
  EXPECT_THAT(refusal({"god", "modules/bad.so"}),
              AllOf(HasSubstr("2 problems"), HasSubstr("did you mean \"good\"?"),
                    HasSubstr("modules/bad.so does not exist")));
  const ProcessResult usage = stint.run({"task", "list", "--module"});
  EXPECT_EQ(usage.exit_code, 2) << usage.err;
}

TEST_F(Modules, SayWhyTheyCannotBeLoaded) {
  for (const char* fixture : {"none", "other_abi", "undefined", "throwing"}) install(fixture);
  EXPECT_THAT(refusal({"none"}), HasSubstr("has no module of Stint in it"));
  EXPECT_THAT(refusal({"other_abi"}), HasSubstr("was built with Stint 9.8.7"));
  EXPECT_THAT(refusal({"undefined"}),
              HasSubstr("needs function_of_a_library_that_was_not_linked(), which neither this "
                        "program nor a library of the module has"));
  EXPECT_THAT(refusal({"throwing"}),
              HasSubstr("threw as it was loaded, out of a static initialiser: no licence found"));
  stint.write_file("modules/text.so", "no module");
  EXPECT_THAT(refusal({"text"}), HasSubstr("is no shared object"));
  ::chmod(path("text").c_str(), 0666);
  EXPECT_THAT(refusal({"text"}), HasSubstr("can be written by others"));
}

TEST_F(Modules, AreNotTakenForOneThatFailedBefore) {
  for (const char* fixture : {"throwing", "good"}) install(fixture);
  const std::string told = refusal({"throwing", "good"});
  EXPECT_THAT(told, HasSubstr("throwing.so"));
  EXPECT_THAT(told, Not(HasSubstr("good.so")));
}

TEST_F(Modules, DoNotKeepHelpAway) {
  const ProcessResult help = stint.run({"--help", "--module", "absent"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.err, HasSubstr("there is no module \"absent\""));
  EXPECT_THAT(help.out, HasSubstr("--module FILE|NAME"));
}

TEST_F(Modules, NeedAProgramThatExportsTheLibrary) {
  install("good");
  Program hello{"hello"};
  hello.set("STINT_MODULES_DIRECTORIES", folder);
  const ProcessResult result = hello.run({"task", "list", "--module", "good"});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_THAT(result.err,
              HasSubstr("which this program does not give to modules: build the program "
                        "with stint_enable_modules(TARGET)"));
}

TEST_F(Modules, ComeToAProgramWithModulesOfItsOwn) {
  install("good");
  Program host{"module_host"};
  host.set("STINT_MODULES_DIRECTORIES", folder);
  EXPECT_THAT(host.output({"task", "list", "--module", "good"}),
              AllOf(HasSubstr("host.run"), HasSubstr("good.sum")));
  install("good", "again");
  const ProcessResult twice = host.run({"task", "list", "--module", "good", "--module", "again"});
  EXPECT_EQ(twice.exit_code, 78);
  EXPECT_THAT(twice.err,
              HasSubstr("module \"good\" is in " + path("good") + " and in " + path("again")));
}

TEST_F(Modules, AreLoadedAsTheyWereChecked) {
  install("good");
  install("none", "evil");
  Program host{"module_host"};
  host.set("STINT_MODULES_DIRECTORIES", folder);
  host.set("MODULE_HOST_REPLACEMENT", path("evil"));
  host.set("MODULE_HOST_FILE", path("good"));
  EXPECT_THAT(host.output({"task", "list", "--module", "good"}), HasSubstr("good.sum"));
  EXPECT_FALSE(fs::exists(path("evil"))) << "it was put into the other's place in time";
}

TEST_F(Modules, StayThoseThatTheWorkerHasLoaded) {
  install("good");
  install("newer");
  const std::string replaced =
      enqueue({"good.replace", "from=" + path("newer"), "to=" + path("good")});
  const std::string crashed = enqueue({"good.crash"});
  const std::string edition = enqueue({"good.edition"});
  stint.set("STINT_WORKER_SLOT_RUNS", "1");  // each job has a process that is started for it
  const ProcessResult result = stint.run({"worker", "run", "--module", "good", "--slots", "1",
                                          "--isolation", "process", "--max-runs", "3"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(job(stint, replaced)["state"], "done");
  EXPECT_EQ(job(stint, edition)["output"], "first");
  EXPECT_NE(job(stint, crashed)["state"], "done");
  const std::string later = enqueue({"good.edition"});
  drain({"--max-runs", "1"});
  EXPECT_THAT(job(stint, later)["output"], "newer");
}

TEST_F(Modules, WorkInTheWorkersOfATest) {
  install("good");
  stint::testing::Workers workers{
      {},
      {.settings = "[modules]\ndirectories = [\"" + folder + "\"]\nload = [\"good\"]\n",
       .program = std::string{STINT_BIN_DIR} + "/stint"}};
  auto handle = workers.client().enqueue("good.sum", {{"a", 5}});
  ASSERT_TRUE(workers.wait_idle()) << workers.report();
  EXPECT_EQ(handle.get(), 7);
}

TEST(NoopModule, IsThereFromTheStart) {
  const Program stint{"stint"};
  EXPECT_EQ(stint.output({"run", "noop.run", "--run-once", "--module", "noop"}), "");
  EXPECT_EQ(stint.run({"run", "noop.fail", "--run-once", "--module", "noop"}).exit_code, 1);
}

}  // namespace
}  // namespace stint::test
