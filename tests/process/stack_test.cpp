// `job stack`: where running jobs are, while they go on.
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>
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
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Stack : public ::testing::TestWithParam<std::string> {
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
  }

  std::string enqueue(const std::string& task) const {
    return json::parse(program.output({"enqueue", task, "--json"}))["id"].dump();
  }
  json job(const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}));
  }
  std::string state(const std::string& id) const { return job(id)["state"]; }
  std::string stack(const std::string& id) const { return program.output({"job", "stack", id}); }

  ProcessOptions worker(const std::string& isolation = "process") const {
    return program.options({"worker", "run", "--slots", "2", "--isolation", isolation});
  }
  void expect_begun() const {
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(program.folder() + "/begun"); }));
  }
  void let_go() const { program.write_file("go", ""); }
  void expect_done(const std::string& id) const {
    let_go();
    EXPECT_TRUE(eventually([&] { return state(id) == "done"; })) << job(id).dump();
  }

  Program program{"stuck_tasks"};
  std::unique_ptr<StorePlace> place_;
};
STINT_ON_EVERY_STORE(Stack);

TEST_P(Stack, ShowsATaskThatSpinsAndBlocksAllSignals) {
  const std::string id = enqueue("s.spin");
  const Process running{worker()};
  expect_begun();
  const std::string shown = stack(id);
  EXPECT_THAT(shown, AllOf(HasSubstr("spin_until_told"), HasSubstr("spin_deaf"),
                           ContainsRegex("thread [0-9]+ \"")));
  EXPECT_LT(shown.find("spin_until_told"), shown.find("spin_deaf")) << "the innermost first";
  EXPECT_THAT(shown, HasSubstr("stuck_tasks.cpp:"));
  expect_done(id);
}

TEST_P(Stack, ShowsAThreadThatWaitsForAMutex) {
  const std::string id = enqueue("s.deadlock");
  const Process running{worker()};
  expect_begun();
  const std::string shown = stack(id);
  EXPECT_THAT(shown, HasSubstr("wait_for_the_mutex"));
  EXPECT_THAT(shown, HasSubstr("\"second\""));
  EXPECT_THAT(shown, HasSubstr("deadlock_in_a_second_thread"));
  expect_done(id);
}

TEST_P(Stack, ShowsACommandAndItsChildren) {
  program.write_file("nap.sh",
                     "sleep 60 &\necho on\nwhile ! test -e go; do sleep 0.05; done\nkill $!\n");
  program.write_file("stint.toml", "[tasks.\"c.nap\"]\ncommand = [\"sh\", \"nap.sh\"]\n");
  const std::string id = enqueue("c.nap");
  const Process running{worker("thread")};
  ASSERT_TRUE(eventually(
      [&] { return program.output({"job", "logs", id}).find(" on") != std::string::npos; }));
  EXPECT_THAT(stack(id), AllOf(HasSubstr(": sh\n"), HasSubstr(": sleep\n"), HasSubstr("nanosleep"),
                               HasSubstr("libc.so")));
  expect_done(id);
}

TEST_P(Stack, ShowsAThreadOfTheWorker) {
  const std::string id = enqueue("s.sleep");
  const Process running{worker("thread")};
  expect_begun();
  const std::string shown = stack(id);
  EXPECT_THAT(shown, HasSubstr("thread slot"));
  if (!kHasSanitizer) {
    EXPECT_THAT(shown, HasSubstr("sleep_until_told"));
  }
  expect_done(id);
}

TEST_P(Stack, TellsOfAThreadThatDoesNotAnswer) {
  const std::string id = enqueue("s.spin");
  const Process running{worker("thread")};
  expect_begun();
  EXPECT_THAT(stack(id), AllOf(HasSubstr("does not answer"), HasSubstr("state R")));
  expect_done(id);
}

TEST_P(Stack, InterruptsNoSystemCall) {
  const std::string id = enqueue("s.wait");
  const Process running{worker()};
  expect_begun();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(stack(id), AllOf(HasSubstr("epoll_wait"), HasSubstr("nanosleep"),
                                 HasSubstr("semtimedop"), HasSubstr("by_receive")));
  }
  expect_done(id);
  EXPECT_THAT(job(id)["output"], IsEmpty()) << "these were interrupted";
}

TEST_P(Stack, StaysInTheLog) {
  const std::string id = enqueue("s.sleep");
  const Process running{worker()};
  expect_begun();
  stack(id);
  stack(id);
  expect_done(id);
  const std::string log = program.output({"job", "logs", id});
  EXPECT_THAT(log, AllOf(HasSubstr("stack   begin of look 1"), HasSubstr("stack   end of look 1"),
                         HasSubstr("stack   begin of look 2"), HasSubstr("sleep_until_told")));
  EXPECT_EQ(log.find("begin of look 1"), log.rfind("begin of look 1")) << "it is made once";
}

TEST_P(Stack, AnswersSeveralAtOnce) {
  const std::string first = enqueue("s.sleep");
  const std::string second = enqueue("s.deadlock");
  const Process running{worker()};
  ASSERT_TRUE(eventually([&] { return state(first) == "running" && state(second) == "running"; }));
  std::vector<std::unique_ptr<Process>> asking;
  for (int i = 0; i < 3; ++i) {
    for (const std::string& id : {first, second}) {
      asking.push_back(std::make_unique<Process>(program.options({"job", "stack", id})));
    }
  }
  for (std::size_t i = 0; i < asking.size(); ++i) {
    const ProcessResult result = asking[i]->wait();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out,
                HasSubstr(i % 2 == 0 ? "sleep_until_told" : "deadlock_in_a_second_thread"));
  }
  let_go();
  EXPECT_TRUE(eventually([&] { return state(first) == "done" && state(second) == "done"; }));
}

TEST_P(Stack, IsGivenAsJson) {
  const std::string id = enqueue("s.sleep");
  const Process running{worker()};
  expect_begun();
  std::string all;
  for (const std::string& line : lines_of(program.output({"job", "stack", id, "--json"}))) {
    all += json::parse(line).at("text").get<std::string>() + "\n";
  }
  EXPECT_THAT(all, AllOf(HasSubstr("sleep_until_told"), Not(HasSubstr("of look"))));
  expect_done(id);
}

TEST_P(Stack, IsRefusedForAJobThatDoesNotRun) {
  const std::string id = enqueue("s.sleep");
  ProcessResult result = program.run({"job", "stack", id});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("does not run: it is queued"));
  program.output({"job", "abort", id});
  result = program.run({"job", "stack", id});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("it is aborted"));
  result = program.run({"job", "stack", "987654"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("no job 987654"));
}

TEST_P(Stack, TimesOutWhenTheWorkerDoesNotAnswer) {
  const std::string id = enqueue("s.sleep");
  const Process running{worker()};
  expect_begun();
  ASSERT_TRUE(eventually([&] { return state(id) == "running"; }));
  running.send_signal(SIGSTOP);
  const ProcessResult result = program.run({"job", "stack", id, "--timeout", "1200ms"});
  running.send_signal(SIGCONT);
  EXPECT_EQ(result.exit_code, 75);
  EXPECT_THAT(result.err, AllOf(HasSubstr("did not answer"), HasSubstr("waiting for worker")));
  expect_done(id);
}

TEST(StackWithoutStore, SaysThatThereIsNone) {
  const Program program{"stuck_tasks"};
  const ProcessResult result = program.run(
      {"job", "stack", "1", "--store", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"});
  EXPECT_EQ(result.exit_code, 69) << result.err;
}

}  // namespace
}  // namespace stint::test
