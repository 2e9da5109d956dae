// `worker run --isolation process`: tasks that crash, hang, leak and fork, and what becomes of
// them.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"
#include "support/sanitizer.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Ne;
using ::testing::Not;

class Isolation : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place(GetParam(), missing);
    if (!place_) {
      ASSERT_FALSE(is_required(GetParam())) << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    program.set("STINT_STORE", place_->url());
    program.set("STINT_WORKER_GRACE", "300ms");
  }

  std::vector<std::string> enqueue_many(const std::vector<std::string>& tasks) const {
    std::vector<std::string> ids;
    std::ranges::transform(tasks, std::back_inserter(ids),
                           [this](const std::string& task) { return enqueue(task); });
    return ids;
  }
  std::string enqueue(const std::string& task, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"enqueue", task, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return json::parse(program.output(words))["id"].dump();
  }
  json job(const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}));
  }
  std::string counters(const std::string& id) const { return program.output({"job", "show", id}); }
  std::string state(const std::string& id) const { return job(id)["state"]; }
  std::string log(const std::string& id) const { return program.output({"job", "logs", id}); }

  ProcessOptions worker(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"worker", "run", "--isolation", "process"};
    if (std::ranges::find(more, "--slots") == more.end()) {
      words.insert(words.end(), {"--slots", "2"});
    }
    words.insert(words.end(), more.begin(), more.end());
    return program.options(words);
  }
  /// Do what there is to do.
  ProcessResult drain() const {
    ProcessResult result = run_process(worker({"--drain"}));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  }
  void expect_begun() const {
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(program.folder() + "/begun"); }));
  }
  /// The processes that tasks have noted.
  std::vector<pid_t> noted() const {
    std::vector<pid_t> processes;
    std::ifstream file{program.folder() + "/processes"};
    for (pid_t one = 0; file >> one;) processes.push_back(one);
    return processes;
  }
  /// Wait until none of them is left, not even as a zombie.
  void expect_gone(std::size_t count) const {
    EXPECT_EQ(noted().size(), count);
    for (const pid_t one : noted()) {
      EXPECT_TRUE(eventually([&] { return ::kill(one, 0) != 0; }, std::chrono::seconds{5})) << one;
    }
  }

  Program program{"rogue_tasks"};
  std::unique_ptr<StorePlace> place_;
};
STINT_ON_EVERY_STORE(Isolation);

// --- Quick jobs go together ---------------------------------------------------------------------

class QuickJobs : public Isolation {
 protected:
  /// Enqueue so many jobs that do nothing, but for some, and return their numbers.
  std::vector<std::string> enqueue_acts(std::size_t count,
                                        const std::map<std::size_t, std::string>& others) const {
    std::string lines;
    for (std::size_t i = 0; i < count; ++i) {
      const auto found = others.find(i);
      lines += json{{"what", found == others.end() ? "nothing" : found->second}}.dump() + "\n";
    }
    program.write_file("acts", lines);
    return lines_of(program.output({"enqueue", "r.act", "--from", "acts"}));
  }
  /// Each job was executed once, and is in the state.
  void expect_once(const std::vector<std::string>& ids) const {
    std::ifstream file{program.folder() + "/executions"};
    std::multiset<std::string> seen;
    for (std::string one; file >> one;) seen.insert(one);
    for (const std::string& id : ids) EXPECT_EQ(seen.count(id), 1U) << id;
    EXPECT_EQ(seen.size(), ids.size());
  }
  std::size_t count_done() const {
    return lines_of(program.output({"job", "list", "--state", "done", "--json", "--limit", "1000"}))
        .size();
  }
  ProcessResult drain_one_slot() const {
    ProcessResult result = run_process(worker({"--drain", "--slots", "1", "--log-level", "debug"}));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("jobs together")) << "else this test tests nothing";
    return result;
  }
};
STINT_ON_EVERY_STORE(QuickJobs);

TEST_P(QuickJobs, EndOnceEach) {
  const auto ids = enqueue_acts(300, {});
  drain_one_slot();
  expect_once(ids);
  EXPECT_EQ(count_done(), 300U);
}

TEST_P(QuickJobs, AreToldApartByWhatTheyPrintAndSay) {
  const auto ids =
      enqueue_acts(300, {{100, "print"}, {150, "log"}, {200, "print"}, {299, "print"}});
  drain_one_slot();
  expect_once(ids);
  EXPECT_EQ(count_done(), 300U);
  for (const std::size_t i : {100U, 200U, 299U}) {
    EXPECT_THAT(log(ids[i]), HasSubstr("printed by " + ids[i])) << i;
    EXPECT_EQ(lines_of(log(ids[i])).size(), 1U) << log(ids[i]);
  }
  EXPECT_THAT(log(ids[150]), HasSubstr("logged by " + ids[150]));
  for (const std::size_t i : {99U, 101U, 149U, 151U, 298U}) EXPECT_EQ(log(ids[i]), "") << i;
}

TEST_P(QuickJobs, LoseNoOutputToOneThatClosesItsOwn) {
  const auto ids = enqueue_acts(300, {{100, "close"}, {101, "print"}, {102, "print"}});
  drain_one_slot();
  expect_once(ids);
  EXPECT_THAT(log(ids[101]), HasSubstr("printed by " + ids[101]));
  EXPECT_THAT(log(ids[102]), HasSubstr("printed by " + ids[102]));
}

TEST_P(QuickJobs, AreNotChargedForOneThatCrashes) {
  const auto ids = enqueue_acts(300, {{60, "segfault"}, {61, "print"}, {200, "segfault"}});
  drain_one_slot();
  expect_once(ids);
  EXPECT_EQ(count_done(), 298U);
  for (const std::size_t i : {60U, 200U}) {
    EXPECT_THAT(counters(ids[i]), HasSubstr("1 crashed")) << counters(ids[i]);
  }
  for (const std::size_t i : {58U, 59U, 61U, 62U, 199U, 201U}) {
    EXPECT_THAT(counters(ids[i]), HasSubstr("0 crashed"));
  }
}

TEST_P(QuickJobs, DoNotWaitBehindOneThatTakesLong) {
  const auto ids = enqueue_acts(300, {{100, "ignore"}});
  Process running{worker()};
  EXPECT_TRUE(eventually([&] { return count_done() == 299U; }));
  EXPECT_EQ(state(ids[100]), "running");
  program.output({"job", "abort", ids[100]});
  EXPECT_TRUE(eventually([&] { return state(ids[100]) == "aborted"; }));
  expect_once(ids);
}

TEST_P(QuickJobs, GoOnAfterOneThatLeavesAChild) {
  const auto ids = enqueue_acts(300, {{100, "leave"}, {101, "print"}, {150, "sleep"}});
  drain_one_slot();
  expect_once(ids);
  EXPECT_EQ(count_done(), 300U);
  EXPECT_THAT(log(ids[101]), HasSubstr("printed by " + ids[101]));
}

TEST_P(QuickJobs, AreCountedForARestart) {
  const auto ids = enqueue_acts(300, {});
  program.set("STINT_WORKER_SLOT_RUNS", "10");
  drain_one_slot();
  expect_once(ids);
}

// --- A job is the same in a process -------------------------------------------------------------

TEST_P(Isolation, RunsJobsInOtherProcesses) {
  const auto ids = enqueue_many(std::vector<std::string>(20, "r.pid"));
  Process running{worker()};
  std::vector<pid_t> processes;
  for (const std::string& id : ids) {
    ASSERT_TRUE(eventually([&] { return state(id) == "done"; }));
    processes.push_back(job(id)["output"].get<pid_t>());
  }
  EXPECT_THAT(processes, Each(Ne(running.pid())));
  std::ranges::sort(processes);
  const auto repeated = std::ranges::unique(processes);
  EXPECT_LE(repeated.begin() - processes.begin(), 3) << "they are reused";
}

TEST_P(Isolation, PassesArgumentsAndOutputs) {
  const std::string sum = enqueue("r.add", {"a:=40", "b:=2"});
  program.write_file("data", std::string(300'000, '\xfe'));
  const std::string bytes = enqueue("r.bytes", {"data=@data"});
  program.set("STINT_ROGUE_SECRET", "not on a command line");
  const std::string setting = enqueue("r.setting");
  drain();
  EXPECT_EQ(job(sum)["output"], 42);
  EXPECT_EQ(state(bytes), "done") << job(bytes).dump();
  EXPECT_EQ(job(setting)["output"], "not on a command line");
}

TEST_P(Isolation, KeepsAProcessAfterAJobWithAMemoryLimit) {
  const std::string first = enqueue("r.pid");
  enqueue("r.hog", {"megabytes:=1"});
  const std::string last = enqueue("r.pid");
  EXPECT_EQ(run_process(worker({"--drain", "--slots", "1"})).exit_code, 0);
  EXPECT_EQ(job(first)["output"], job(last)["output"]);
}

TEST_P(Isolation, KeepsContextsOfAProcess) {
  const auto ids = enqueue_many(std::vector<std::string>(6, "r.context"));
  EXPECT_EQ(run_process(worker({"--drain", "--slots", "1"})).exit_code, 0);
  EXPECT_EQ(job(ids.back())["output"], 6);
}

TEST_P(Isolation, EnqueuesChildrenOnce) {
  const std::string parent = enqueue("r.children");
  const std::string stray = enqueue("r.unknown_child");
  Process running{worker()};
  EXPECT_TRUE(eventually([&] { return state(parent) == "done"; }));
  EXPECT_EQ(lines_of(program.output({"job", "list", "--task", "r.add", "--json"})).size(), 1U);
  EXPECT_TRUE(eventually([&] { return state(stray) == "failed"; }));
  EXPECT_THAT(job(stray)["error"].dump(), HasSubstr("no_such_task"));
}

TEST_P(Isolation, TellsLogProgressAndOutputOfAFailure) {
  const std::string id = enqueue("r.talk");
  drain();
  json failed = job(id);
  EXPECT_EQ(failed["state"], "failed");
  EXPECT_EQ(failed["output"], "kept");
  EXPECT_EQ(failed["error"]["message"], "as asked");
  EXPECT_THAT(log(id), HasSubstr("begin"));
}

// --- What it prints -----------------------------------------------------------------------------

TEST_P(Isolation, CapturesWhatJobsAndTheirChildrenPrint) {
  const std::string id = enqueue("r.print");
  drain();
  EXPECT_THAT(log(id),
              AllOf(HasSubstr("stdout  by printf"), HasSubstr("stdout  by cout"),
                    HasSubstr("stderr  by cerr"), HasSubstr("stdout  by a child"),
                    HasSubstr("stderr  to error by a child"), HasSubstr("stdout  no line end")));
}

TEST_P(Isolation, KeepsWhatWasPrintedBeforeACrash) {
  const std::string id = enqueue("r.print_and_die");
  drain();
  EXPECT_THAT(log(id), AllOf(HasSubstr("flushed before the end"), HasSubstr("and a part")));
}

TEST_P(Isolation, CutsWhatIsTooLong) {
  const std::string id = enqueue("r.print_much");
  drain();
  EXPECT_EQ(job(id)["output"], 20);
  EXPECT_LT(log(id).size(), std::size_t{9} << 20);
}

// --- Crashes ------------------------------------------------------------------------------------

struct Death {
  std::string task;
  std::string says;
};

TEST_P(Isolation, SurvivesEveryDeathOfATask) {
  // A sanitizer ends its process in its own way.
  const std::vector<Death> deaths{{"r.segfault", kHasSanitizer ? "exit code" : "SIGSEGV"},
                                  {"r.abort", "SIGABRT"},
                                  {"r.exit", "exit code 0"},
                                  {"r.kill", "SIGKILL"},
                                  {"r.throw_twice", "SIGABRT"},
                                  {"r.close_everything", "exit code 69"},
                                  {"r.write_garbage", "garbage"}};
  std::vector<std::string> tasks;
  std::ranges::transform(deaths, std::back_inserter(tasks), &Death::task);
  const auto ids = enqueue_many(tasks);
  const std::string good = enqueue("r.add", {"a:=1"});
  drain();
  EXPECT_EQ(state(good), "done");
  for (std::size_t i = 0; i < deaths.size(); ++i) {
    SCOPED_TRACE(deaths[i].task);
    json crashed = job(ids[i]);
    EXPECT_EQ(crashed["state"], "scheduled") << "it is tried again in ten seconds";
    EXPECT_THAT(counters(ids[i]), HasSubstr("0 of at most 1 failed, 1 crashed"));
    EXPECT_EQ(crashed["cause"], "crash");
    EXPECT_THAT(crashed["error"]["message"].get<std::string>(), HasSubstr(deaths[i].says));
    EXPECT_GT(crashed["error"]["peak_memory"], 0);
  }
  if (!kHasSanitizer) {
    EXPECT_THAT(job(ids[0])["error"]["stack"], Not(IsEmpty()));
  }
}

TEST_P(Isolation, EndsAJobOnceThoughItForked) {
  const std::string id = enqueue("r.fork_while_locked");
  const std::string good = enqueue("r.add", {"a:=1"});
  EXPECT_EQ(run_process(worker({"--drain", "--slots", "1"})).exit_code, 0);
  EXPECT_EQ(state(id), "done");
  EXPECT_EQ(state(good), "done");
}

// --- Stops --------------------------------------------------------------------------------------

TEST_P(Isolation, EndsWhatIgnoresItsTimeout) {
  const std::string id = enqueue("r.ignore_for_short");
  drain();
  EXPECT_EQ(state(id), "failed");
  EXPECT_EQ(job(id)["cause"], "timeout");
}

TEST_P(Isolation, AbortsWhatIgnoresEverything) {
  const std::string id = enqueue("r.ignore");
  Process running{worker()};
  expect_begun();
  program.output({"job", "abort", id});
  EXPECT_TRUE(eventually([&] { return state(id) == "aborted"; }));
  const std::string good = enqueue("r.add", {"a:=1"});
  EXPECT_TRUE(eventually([&] { return state(good) == "done"; }));
}

TEST_P(Isolation, AbortsWhatLooksAtItsStop) {
  const std::string id = enqueue("r.stop");
  Process running{worker()};
  expect_begun();
  program.output({"job", "abort", id});
  EXPECT_TRUE(eventually([&] { return state(id) == "aborted"; }));
  EXPECT_THAT(running.err(), Not(HasSubstr("killing")));
}

TEST_P(Isolation, LeavesNoChildOfAnAbortedJob) {
  const std::string id = enqueue("r.hang_with_children");
  Process running{worker()};
  expect_begun();
  ASSERT_TRUE(eventually([&] { return noted().size() == 4; }));
  program.output({"job", "abort", id});
  EXPECT_TRUE(eventually([&] { return state(id) == "aborted"; }));
  expect_gone(4);
}

TEST_P(Isolation, LeavesNoChildOfACrashedJob) {
  const std::string id = enqueue("r.die_with_children");
  drain();
  EXPECT_THAT(counters(id), HasSubstr("1 crashed"));
  for (const pid_t one : noted()) {
    EXPECT_TRUE(eventually([&] { return ::kill(one, 0) != 0; }, std::chrono::seconds{5}));
  }
}

TEST_P(Isolation, LeavesNothingWhenTheWorkerIsKilled) {
  enqueue("r.hang_with_children");
  Process running{worker()};
  expect_begun();
  ASSERT_TRUE(eventually([&] { return noted().size() == 4; }));
  running.send_signal(SIGKILL);
  EXPECT_EQ(running.wait().signal, SIGKILL);
  expect_gone(4);
}

TEST_P(Isolation, ChargesNoJobForTheDeathOfTheWorkerItself) {
  const std::string id = enqueue("r.stop");
  Process running{worker()};
  expect_begun();
  running.send_signal(SIGKILL);
  running.wait();
  std::filesystem::remove(program.folder() + "/begun");
  const Process next{worker()};
  expect_begun();
  EXPECT_THAT(counters(id), HasSubstr("0 of at most 1 failed, 0 crashed"));
}

TEST_P(Isolation, GivesBackWhatIgnoresTheEndOfItsWorker) {
  const std::string id = enqueue("r.ignore");
  Process running{worker()};
  expect_begun();
  running.send_signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return running.err().find("asked to end") != std::string::npos; }));
  running.send_signal(SIGTERM);
  EXPECT_EQ(running.wait().exit_code, 0);
  json given_back = job(id);
  EXPECT_EQ(given_back["state"], "queued");
  EXPECT_THAT(counters(id), HasSubstr("0 crashed, 1 interrupted"));
}

TEST_P(Isolation, IsShownWithTheTask) {
  const json limited = json::parse(program.output({"task", "show", "r.hog", "--json"}));
  EXPECT_EQ(limited.at("isolation"), "process") << limited.dump();
  EXPECT_EQ(limited.at("max_memory"), 64 << 20);
  EXPECT_THAT(program.output({"task", "show", "r.spin"}), HasSubstr("1s"));
}

TEST_P(Isolation, IsRefusedForAWordThatIsNone) {
  const ProcessResult result = program.run({"worker", "run", "--isolation", "thred"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("is none of thread, process"));
}

// --- Limits -------------------------------------------------------------------------------------

TEST_P(Isolation, LimitsMemory) {
  const std::string alone = enqueue("r.hog");
  const std::string little = enqueue("r.hog", {"megabytes:=1"});
  const std::string below = enqueue("r.hog_in_a_child");
  drain();
  EXPECT_EQ(job(below)["cause"], "out of memory") << job(below).dump();
  if (kHasSanitizer) return;  // it has memory of its own that the limit hits
  EXPECT_EQ(state(alone), "failed");
  EXPECT_EQ(job(alone)["cause"], "out of memory") << job(alone).dump();
  EXPECT_EQ(state(little), "done");
}

TEST_P(Isolation, LimitsProcessorTime) {
  const std::string id = enqueue("r.spin");
  drain();
  EXPECT_EQ(job(id)["cause"], "cpu limit") << job(id).dump();
}

TEST_P(Isolation, LimitsWhatATaskSeesAndTakesItBack) {
  const std::string before = enqueue("r.look_around");
  const std::string limited = enqueue("r.look_around_limited");
  const std::string after = enqueue("r.look_around");
  EXPECT_EQ(run_process(worker({"--drain", "--slots", "1"})).exit_code, 0);
  json seen = job(limited)["output"];
  EXPECT_EQ(seen["folder"], "/");
  EXPECT_EQ(seen["umask"], 027);
  EXPECT_EQ(seen["files"], 100);
  EXPECT_EQ(seen["has_home"], false);
  EXPECT_EQ(seen["has_path"], true);
  EXPECT_EQ(job(before)["output"], job(after)["output"]);
}

TEST_P(Isolation, IsWhereALimitedTaskRunsAnyhow) {
  const std::string id = enqueue("r.spin");
  const std::string pid = enqueue("r.pid");
  Process running{program.options({"worker", "run", "--drain"})};
  const pid_t process = running.pid();
  EXPECT_EQ(running.wait().exit_code, 0);
  EXPECT_EQ(job(id)["cause"], "cpu limit");
  EXPECT_EQ(job(pid)["output"], process) << "the others run on threads";
}

}  // namespace
}  // namespace stint::test
