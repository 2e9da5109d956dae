#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/stint.hpp"
#include "stint/testing.hpp"

namespace stint::testing {

/// What the tasks below do, as the test that runs them says; one test at a time.
struct Script {
  std::vector<std::string> ran;
  std::vector<std::string> failed;
  std::function<void(Job&)> body;
};
Script& script() {
  static Script one;
  return one;
}

struct Greeting {
  std::string name;
  int times = 1;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Greeting, name, times)

inline constexpr Task<Greeting, std::string> greet{"world.greet"};

STINT_MODULE(world, m) {
  m.task(greet,
         [](Job& job, const Greeting& args) -> std::string {
           script().ran.push_back(args.name);
           if (script().body) script().body(job);
           return "hello " + args.name;
         },
         {}, {.timeout = std::chrono::seconds{30}, .retry = {.max_attempts = 3}});
  m.task("once", [](Job& job) {
    script().ran.push_back("once");
    if (script().body) script().body(job);
  });
  m.task("elsewhere", [] { script().ran.push_back("elsewhere"); }, {},
         {.domain = "other", .node = "db1", .isolation = Isolation::kProcess});
  m.task("asks", [](Client& client) { client.enqueue(greet, {.name = "child"}).get(); });
  m.task("copies", [](const Bytes& data) { script().ran.emplace_back(data.view()); },
         {arg("data")});
  m.task("daily", [](const std::string& day) { script().ran.push_back(day); },
         {arg("day").date() = "today-1d"});
  m.task("pays", [] {}, {}, {.transaction = true});
  m.on_failed([](const FailedAttempt& failed) { script().failed.push_back(failed.message()); });
}

namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WorldTest : public ::testing::Test {
 protected:
  WorldTest() { script() = {}; }
  ~WorldTest() override { script() = {}; }

  JobHandle<std::string> put(const std::string& name = "ann", const EnqueueOptions& options = {}) {
    return world_.client().enqueue(greet, {.name = name}, options);
  }
  template <typename Call>
  static std::string error_of(ErrorCode code, Call call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "nothing was thrown";
  }

  World world_{{world}};
};

TEST_F(WorldTest, ExecutesWhatIsDueOnThisThread) {
  std::thread::id thread;
  script().body = [&](Job&) { thread = std::this_thread::get_id(); };
  const auto job = put();
  EXPECT_EQ(job.state(), JobState::kQueued);
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(thread, std::this_thread::get_id());
  EXPECT_EQ(job.get(), "hello ann");
  EXPECT_EQ(world_.run_due_jobs(), 0);
}

TEST_F(WorldTest, KeepsTheOrderOfClaims) {
  put("low", {.priority = 0});
  put("late", {.delay = 1h});
  put("high", {.priority = 5});
  put("low again", {.priority = 0});
  EXPECT_EQ(world_.run_due_jobs(), 3);
  EXPECT_THAT(script().ran, ElementsAre("high", "low", "low again"));
}

TEST_F(WorldTest, LetsTheTestMoveTheClock) {
  const auto start = world_.now();
  EXPECT_EQ(start, std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
  const auto job = put("ann", {.run_at = start + 24h});
  EXPECT_EQ(world_.run_due_jobs(), 0);
  EXPECT_EQ(job.state(), JobState::kScheduled);
  world_.advance(24h - 1ms);
  EXPECT_EQ(world_.run_due_jobs(), 0);
  world_.advance(1ms);
  EXPECT_EQ(world_.now(), start + 24h);
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_THAT(error_of(ErrorCode::kUsage, [&] { world_.advance(-1s); }), HasSubstr("back by 1s"));
}

TEST_F(WorldTest, TriesAgainWhenTheTaskSaysSo) {
  script().body = [](Job& job) {
    if (job.attempt() == 1) throw RetryIn{5min, "busy"};
  };
  const auto job = put();
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(job.state(), JobState::kScheduled);
  EXPECT_EQ(job.error(), "busy");
  world_.advance(4min);
  EXPECT_EQ(world_.run_due_jobs(), 0);
  world_.advance(1min);
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(job.get(), "hello ann");
}

TEST_F(WorldTest, EndsAnAttemptByWhatItThrows) {
  script().body = [](Job&) { throw std::runtime_error{"no disk"}; };
  const auto job = put();
  EXPECT_EQ(world_.drain(), 3);
  EXPECT_EQ(job.state(), JobState::kFailed);
  EXPECT_EQ(job.error(), "no disk");
  EXPECT_THROW(job.get(), JobFailed);
  EXPECT_THAT(script().failed, ElementsAre("no disk", "no disk", "no disk"));
  script().body = [](Job&) { throw 5; };  // NOLINT: anything may be thrown
  const auto odd = world_.client().enqueue("world.once");
  EXPECT_EQ(world_.drain(), 1);
  EXPECT_EQ(odd.state(), JobState::kFailed);
}

TEST_F(WorldTest, DrawsTheSamePausesFromTheSameSeed) {
  script().body = [](Job&) { throw std::runtime_error{"no"}; };
  const auto pauses = [](std::uint64_t seed) {
    World one{{world}, {.seed = seed}};
    one.client().enqueue(greet, {.name = "ann"});
    std::vector<std::chrono::system_clock::time_point> due;
    for (int i = 0; i < 2; ++i) {
      one.run_due_jobs();
      due.push_back(one.enqueued_jobs().at(0).run_at);
      one.advance(due.back() - one.now());
    }
    return due;
  };
  EXPECT_EQ(pauses(3), pauses(3));
  EXPECT_NE(pauses(3), pauses(4));
}

TEST_F(WorldTest, LetsTimeoutsPassByItsClock) {
  script().body = [](Job& job) { job.sleep_for(1h); };
  const auto start = world_.now();
  const auto job = put();
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(world_.now(), start + 30s);
  EXPECT_THAT(job.error(), HasSubstr("timeout of 30s"));
  script().body = [](Job& one) { one.sleep_for(20s); };
  EXPECT_EQ(world_.drain(), 1);
  EXPECT_EQ(job.get(), "hello ann");
}

TEST_F(WorldTest, LetsAHandlerMoveTheClock) {
  script().body = [this](Job& job) {
    world_.advance(29s);
    EXPECT_EQ(job.stop_reason(), StopReason::kNone);
    world_.advance(1s);
    job.check_stop();
    ADD_FAILURE() << "it was not asked to stop";
  };
  const auto job = put();
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(job.state(), JobState::kScheduled);
}

TEST_F(WorldTest, DeliversAnAbortToARunningJob) {
  std::optional<JobHandle<>> handle;
  script().body = [&](Job& job) {
    EXPECT_TRUE(handle->abort("not any more"));
    job.sleep_for(1s);
    ADD_FAILURE() << "it was not asked to stop";
  };
  handle = world_.client().enqueue("world.once");
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(handle->state(), JobState::kAborted);
  EXPECT_EQ(handle->error(), "not any more");
}

TEST_F(WorldTest, AbortsAWaitingJobAtOnce) {
  const auto job = put();
  EXPECT_TRUE(job.abort());
  EXPECT_EQ(world_.run_due_jobs(), 0);
  EXPECT_EQ(job.state(), JobState::kAborted);
}

TEST_F(WorldTest, PutsASnoozedJobOff) {
  int runs = 0;
  script().body = [&](Job& job) {
    EXPECT_EQ(job.attempt(), 1);
    if (++runs == 1) throw Snooze{2min};
  };
  const auto job = put();
  EXPECT_EQ(world_.run_due_jobs(), 1);
  world_.advance(2min);
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(job.state(), JobState::kDone);
}

TEST_F(WorldTest, KeepsLogsByItsClock) {
  script().body = [](Job& job) {
    job.log().info("begin");
    job.sleep_for(5s);
    job.log().warning("end");
  };
  const auto job = put();
  const auto start = world_.now();
  world_.run_due_jobs();
  const std::vector<JobLogLine> lines = job.logs();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].text, "begin");
  EXPECT_EQ(lines[0].at, start);
  EXPECT_EQ(lines[1].at, start + 5s);
}

TEST_F(WorldTest, RunsJobsOfAllDomainsAndNodesAndTheirChildren) {
  script().body = [](Job& job) {
    if (job.args().at("name") == "parent") job.enqueue("world.elsewhere");
  };
  put("parent");
  EXPECT_EQ(world_.run_due_jobs(), 2);
  EXPECT_THAT(script().ran, ElementsAre("parent", "elsewhere"));
}

TEST_F(WorldTest, TellsWhatWasEnqueued) {
  EXPECT_FALSE(world_.was_enqueued(greet));
  put("ann");
  EXPECT_TRUE(world_.was_enqueued(greet));
  EXPECT_TRUE(world_.was_enqueued(greet, {.name = "ann"}));
  EXPECT_TRUE(world_.was_enqueued(greet, {.name = "ann", .times = 1}));
  EXPECT_FALSE(world_.was_enqueued(greet, {.name = "ann", .times = 2}));
  EXPECT_FALSE(world_.was_enqueued(greet, {.name = "bob"}));
  EXPECT_TRUE(world_.was_enqueued("world.greet", {{"name", "ann"}}));
  EXPECT_TRUE(world_.was_enqueued("world.greet"));
  EXPECT_FALSE(world_.was_enqueued("world.once"));
  world_.drain();
  EXPECT_TRUE(world_.was_enqueued(greet, {.name = "ann"}));
  EXPECT_THAT(error_of(ErrorCode::kNotFound, [&] { world_.was_enqueued("world.gret"); }),
              HasSubstr("world.greet"));
}

TEST_F(WorldTest, ComparesBytesToo) {
  world_.client().enqueue("world.copies", {{"data", Bytes{std::string{"abc"}}}});
  EXPECT_TRUE(world_.was_enqueued("world.copies", {{"data", Bytes{std::string{"abc"}}}}));
  EXPECT_FALSE(world_.was_enqueued("world.copies", {{"data", Bytes{std::string{"abd"}}}}));
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_THAT(script().ran, ElementsAre("abc"));
}

TEST_F(WorldTest, CountsDatesByItsClock) {
  world_.client().enqueue("world.daily");
  EXPECT_TRUE(world_.was_enqueued("world.daily", {{"day", "2025-12-31"}}));
  EXPECT_TRUE(world_.was_enqueued("world.daily", {{"day", "today-1d"}}));
  world_.advance(48h);  // it was counted when the job was enqueued
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_THAT(script().ran, ElementsAre("2025-12-31"));
}

TEST_F(WorldTest, ListsWhatWasEnqueued) {
  put("ann", {.priority = 3, .metadata = {{"user", 7}}, .tags = {"a", "b"}});
  world_.client().enqueue("world.once");
  world_.client().enqueue("far.away", {{"x", 1}}, {.delay = 1h});
  const std::vector<EnqueuedJob> jobs = world_.enqueued_jobs();
  ASSERT_THAT(jobs, SizeIs(3));
  EXPECT_EQ(jobs[0].task, "world.greet");
  EXPECT_EQ(jobs[0].args, (json{{"name", "ann"}, {"times", 1}}));
  EXPECT_EQ(jobs[0].priority, 3);
  EXPECT_EQ(jobs[0].metadata, (json{{"user", 7}}));
  EXPECT_THAT(jobs[0].tags, ElementsAre("a", "b"));
  EXPECT_EQ(jobs[2].state, JobState::kScheduled);
  EXPECT_EQ(jobs[2].run_at, world_.now() + 1h);
  EXPECT_THAT(world_.enqueued_jobs("world.once"), SizeIs(1));
}

TEST_F(WorldTest, DoesNotWaitForWhatNobodyRuns) {
  const auto job = put("ann", {.delay = 5min});
  EXPECT_EQ(job.wait_for(1h), JobState::kScheduled);
  EXPECT_THAT(error_of(ErrorCode::kUsage, [&] { job.get(); }),
              AllOf(HasSubstr("job 1 (world.greet) is scheduled"), HasSubstr("advance(5m)")));
  world_.advance(5min);
  EXPECT_THAT(error_of(ErrorCode::kUsage, [&] { job.get(); }), HasSubstr("run_due_jobs()"));
  world_.run_due_jobs();
  EXPECT_EQ(job.wait_for(0s), JobState::kDone);
}

TEST_F(WorldTest, FailsAHandlerThatWaitsForAnotherJob) {
  const auto job = world_.client().enqueue("world.asks");
  EXPECT_EQ(world_.run_due_jobs(), 2);
  EXPECT_EQ(job.state(), JobState::kFailed);
  EXPECT_THAT(job.error(), HasSubstr("nothing runs by itself"));
}

TEST_F(WorldTest, RefusesToRunJobsWithinAHandler) {
  script().body = [this](Job&) { world_.run_due_jobs(); };
  const auto job = world_.client().enqueue("world.once");
  put();
  EXPECT_GE(world_.run_due_jobs(), 1);
  EXPECT_THAT(job.error(), HasSubstr("a handler cannot execute other jobs"));
}

TEST_F(WorldTest, DrainsThroughRetriesAndSchedules) {
  script().body = [](Job& job) {
    if (job.attempt() < 3) throw RetryIn{24h, "later"};
  };
  put();
  put("bob", {.delay = 72h});
  EXPECT_EQ(world_.drain(), 6);
  EXPECT_EQ(world_.now() - std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}, 120h);
  EXPECT_EQ(world_.drain(), 0);
}

TEST_F(WorldTest, SaysWhatKeepsItFromDraining) {
  world_.client().enqueue("far.away");
  world_.client().enqueue("world.pays");
  put("ann", {.delay = 48h});
  const std::string why = error_of(ErrorCode::kBusy, [&] { world_.drain(1h); });
  EXPECT_THAT(why, AllOf(HasSubstr("not drained within 1h: 3 jobs have not ended"),
                         HasSubstr("job 1 (far.away) is queued: no module of this world"),
                         HasSubstr("job 2 (world.pays) is queued: its task wants a transaction"),
                         HasSubstr("job 3 (world.greet) is scheduled")));
  EXPECT_THAT(error_of(ErrorCode::kBusy, [&] { world_.drain(); }), HasSubstr("2 jobs"));
  EXPECT_THAT(script().ran, ElementsAre("ann"));
}

TEST_F(WorldTest, EndsWithAJobThatIsPutOffForEver) {
  script().body = [](Job&) { throw Snooze{0ms}; };
  put();
  EXPECT_THAT(error_of(ErrorCode::kBusy, [&] { world_.run_due_jobs(); }),
              HasSubstr("after 10000 attempts"));
}

TEST_F(WorldTest, FailsTheNextCallOfTheStore) {
  world_.fail_next_call();
  try {
    put();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_TRUE(error.retryable());
    EXPECT_FALSE(error.outcome_unknown());
  }
  EXPECT_FALSE(world_.was_enqueued(greet));
  world_.fail_next_call("enqueue", StoreFault::kAfter);
  try {
    put();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_TRUE(error.outcome_unknown());
  }
  EXPECT_TRUE(world_.was_enqueued(greet, {.name = "ann"}));
  EXPECT_THAT(error_of(ErrorCode::kUsage, [&] { world_.fail_next_call("enqeue"); }),
              HasSubstr("did you mean \"enqueue\"?"));
}

TEST_F(WorldTest, LosesNoJobToALostReply) {
  const auto job = put();
  world_.fail_next_call("exchange", StoreFault::kAfter);   // the claim
  world_.fail_next_call("exchange", StoreFault::kBefore);  // the claim again
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(job.state(), JobState::kDone);
  script().body = [this](Job&) { world_.fail_next_call("exchange", StoreFault::kAfter); };
  const auto next = world_.client().enqueue("world.once");  // its completion
  EXPECT_EQ(world_.run_due_jobs(), 1);
  EXPECT_EQ(next.state(), JobState::kDone);
  EXPECT_THAT(script().ran, ElementsAre("ann", "once"));
}

TEST_F(WorldTest, ReportsWhatIsNotDone) {
  script().body = [](Job& job) {
    job.log().info("trying");
    throw Reject{"never"};
  };
  put();
  world_.run_due_jobs();
  script().body = {};
  put("bob");
  EXPECT_THAT(world_.report(),
              AllOf(HasSubstr("job 1 (world.greet) is failed, rejected: never\n  trying\n"),
                    HasSubstr("job 2 (world.greet) is queued; run_due_jobs()")));
  world_.run_due_jobs();
  EXPECT_THAT(world_.report(), ::testing::Not(HasSubstr("job 2")));
}

TEST_F(WorldTest, TakesSettingsAndATimeOfItsOwn) {
  const auto start = std::chrono::sys_days{std::chrono::year{2030} / 2 / 3};
  World other{{world}, {.settings = "[defaults]\nmax_attempts = 2\n", .start = start}};
  EXPECT_EQ(other.now(), start);
  script().body = [](Job&) { throw std::runtime_error{"no"}; };
  other.client().enqueue("world.once");
  EXPECT_EQ(other.drain(), 2);
  EXPECT_THROW((World{{world}, {.settings = "[defalts]\nmax_attempts = 2\n"}}), ConfigurationError);
}

TEST_F(WorldTest, IsApartFromOtherWorlds) {
  put();
  World other{{world}};
  EXPECT_FALSE(other.was_enqueued(greet));
  EXPECT_THAT(other.enqueued_jobs(), IsEmpty());
}

TEST(World, MayGoBeforeItsHandles) {
  script() = {};
  std::optional<JobHandle<std::string>> job;
  {
    World world{{stint::testing::world}};
    job = world.client().enqueue(greet, {.name = "ann"});
    world.run_due_jobs();
  }
  EXPECT_EQ(job->get(), "hello ann");
}

}  // namespace
}  // namespace stint::testing
