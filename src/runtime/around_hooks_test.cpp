#include "runtime/around_hooks.hpp"
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "runtime/executor.hpp"
#include "stint/error.hpp"
#include "stint/module.hpp"

namespace stint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SilentHost final : public JobHost {
 public:
  void add_log_line(NewLogLine /*line*/) override {}
  JobId enqueue_child(std::string_view /*task*/, const json& /*args*/,
                      EnqueueOptions options) override {
    children.push_back(std::move(options));
    return JobId{static_cast<std::int64_t>(children.size())};
  }

  std::vector<EnqueueOptions> children;
};

/// What the hooks of the test's modules have said, and what they shall do.
std::vector<std::string>& said() {
  static std::vector<std::string> lines;
  return lines;
}

class AroundHooks : public ::testing::Test {
 protected:
  void SetUp() override { said().clear(); }

  /// Execute a task of `modules`.
  Completion run(std::initializer_list<ModuleDefinition> modules, const std::string& task) {
    std::vector<std::string> problems;
    const auto registry = Registry::build({modules.begin(), modules.size()}, problems);
    EXPECT_THAT(problems, IsEmpty());
    const RunEnvironment environment{
        .registry = registry,
        .settings = {},
        .make_client = {},
        .contexts = std::make_shared<Contexts>(registry->contexts(), Settings{})};
    ClaimedJob job;
    job.id = JobId{7};
    job.epoch = Epoch{1};
    job.task = task;
    job.metadata = metadata_;
    JobRun one{job, args_, host_, clock_};
    Contexts contexts{registry->contexts(), Settings{}, environment.contexts};
    return execute(one, environment, contexts);
  }

  static std::string message(const Completion& end) { return error_message(end); }

  ManualClock clock_;
  json args_ = json::object();
  std::string metadata_;
  std::shared_ptr<SilentHost> host_ = std::make_shared<SilentHost>();
};

struct Tracer {
  int spans = 0;
};

constexpr ModuleDefinition kOuter{"outer", [](Module& m) {
                                    m.context<Tracer>();
                                    m.around([](Job& job, Tracer& tracer, Next next) {
                                      said().push_back("begin " + job.task());
                                      ++tracer.spans;
                                      said().push_back("end " + next().dump());
                                    });
                                  }};
constexpr ModuleDefinition kInner{"inner", [](Module& m) {
                                    m.around([](Next& next, const Settings&) {
                                      said().emplace_back("first");
                                      next();
                                    });
                                    m.around([](const Next& next) {
                                      said().emplace_back("second");
                                      next();
                                    });
                                  }};
constexpr ModuleDefinition kTasks{"t", [](Module& m) {
                                    m.task("add", [](int a) { return a + 1; }, {arg("a") = 1});
                                    m.task("nothing", [] { said().emplace_back("nothing"); });
                                    m.task("fail", [] { throw std::out_of_range{"as asked"}; });
                                    m.task("stop", [] { throw Stopped{StopReason::kAborted}; });
                                    m.task("child", [](Job& job) { job.enqueue("t.nothing"); });
                                    m.command("now", [] { said().emplace_back("command"); });
                                  }};

TEST_F(AroundHooks, AreCalledInTheOrderOfTheModules) {
  const Completion end = run({kOuter, kTasks, kInner}, "t.add");
  EXPECT_EQ(end.outcome, Outcome::kDone);
  EXPECT_EQ(end.output, "2");
  EXPECT_THAT(said(), ElementsAre("begin t.add", "first", "second", "end 2"));
  said().clear();
  run({kInner, kOuter, kTasks}, "t.nothing");
  EXPECT_THAT(said(), ElementsAre("first", "second", "begin t.nothing", "nothing", "end null"));
}

TEST_F(AroundHooks, AreNotCalledForArgumentsThatDoNotFit) {
  args_ = {{"a", "text"}};
  EXPECT_EQ(run({kOuter, kTasks}, "t.add").cause, "arguments");
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AroundHooks, SeeExceptionsPass) {
  constexpr ModuleDefinition kWatching{"watching", [](Module& m) {
                                         m.around([](Next next) {
                                           try {
                                             next();
                                           } catch (const std::exception& error) {
                                             said().emplace_back(error.what());
                                             throw;
                                           }
                                         });
                                       }};
  const Completion end = run({kOuter, kWatching, kTasks}, "t.fail");
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_EQ(message(end), "as asked");
  EXPECT_THAT(said(), ElementsAre("begin t.fail", "as asked"));
}

TEST_F(AroundHooks, MayReplaceAnException) {
  constexpr ModuleDefinition kJudge{"judge", [](Module& m) {
                                      m.around([](Next next) {
                                        try {
                                          next();
                                        } catch (const std::out_of_range& error) {
                                          throw Reject{std::string{"never: "} + error.what()};
                                        }
                                      });
                                    }};
  const Completion end = run({kJudge, kTasks}, "t.fail");
  EXPECT_EQ(end.outcome, Outcome::kRejected);
  EXPECT_EQ(message(end), "never: as asked");
}

TEST_F(AroundHooks, CannotTurnAFailureIntoASuccess) {
  constexpr ModuleDefinition kSwallower{"swallower", [](Module& m) {
                                          m.around([](Next next) {
                                            try {
                                              next();
                                            } catch (...) {  // NOLINT(bugprone-empty-catch)
                                            }
                                          });
                                        }};
  const Completion end = run({kSwallower, kTasks}, "t.fail");
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_EQ(message(end), "as asked");
}

TEST_F(AroundHooks, FailTheAttemptIfTheyDoNotCallNext) {
  constexpr ModuleDefinition kForgetful{"forgetful", [](Module& m) { m.around([](Next) {}); }};
  const Completion end = run({kForgetful, kTasks}, "t.nothing");
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_EQ(end.cause, "error");
  EXPECT_THAT(message(end), HasSubstr("a hook of module \"forgetful\" returned without calling"));
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AroundHooks, FailTheAttemptIfTheyCallNextTwice) {
  constexpr ModuleDefinition kEager{"eager", [](Module& m) {
                                      m.around([](Next next) {
                                        next();
                                        try {
                                          next();
                                        } catch (const Error& error) {
                                          said().emplace_back(error.what());
                                        }
                                      });
                                    }};
  const Completion end = run({kEager, kTasks}, "t.nothing");
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_THAT(message(end), HasSubstr("a hook of module \"eager\" called `next` twice"));
  EXPECT_THAT(said(), ElementsAre("nothing", message(end))) << "the task ran once";
}

TEST_F(AroundHooks, MayEndAnAttemptThemselves) {
  constexpr ModuleDefinition kGate{
      "gate", [](Module& m) { m.around([](Next) { throw Snooze{std::chrono::seconds{9}}; }); }};
  const Completion end = run({kGate, kTasks}, "t.nothing");
  EXPECT_EQ(end.outcome, Outcome::kSnoozed);
  EXPECT_EQ(end.delay, std::chrono::seconds{9});
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AroundHooks, AreRoundTasksAndNotRoundCommands) {
  std::vector<std::string> problems;
  const std::vector<ModuleDefinition> modules{kOuter, kTasks};
  const auto registry = Registry::build(modules, problems);
  const RunEnvironment environment{
      .registry = registry, .settings = {}, .make_client = {}, .contexts = {}};
  JobRun one{ClaimedJob{}, json::object(), host_, clock_};
  Contexts contexts{registry->contexts(), Settings{}};
  const Completion end =
      execute_declared(one, *registry->find_command("now"), environment, contexts);
  EXPECT_EQ(end.outcome, Outcome::kDone);
  EXPECT_THAT(said(), ElementsAre("command"));
}

TEST_F(AroundHooks, PutTheirSpanBeforeChildren) {
  const std::string kGiven = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  constexpr ModuleDefinition kSpans{
      "spans", [](Module& m) {
        m.around([](Job& job, Next next) {
          said().push_back(job.traceparent());
          job.set_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000ff-01");
          next();
        });
      }};
  metadata_ = json{{"traceparent", kGiven}, {"tracestate", "a=1"}}.dump();
  EXPECT_EQ(run({kSpans, kTasks}, "t.child").outcome, Outcome::kDone);
  EXPECT_THAT(said(), ElementsAre(kGiven));
  ASSERT_EQ(host_->children.size(), 1U);
  EXPECT_EQ(host_->children[0].metadata,
            (json{{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000ff-01"},
                  {"tracestate", "a=1"}}));
}

TEST_F(AroundHooks, RefuseATraceparentOfAnotherForm) {
  constexpr ModuleDefinition kBroken{"broken", [](Module& m) {
                                       m.around([](Job& job, Next next) {
                                         job.set_traceparent("span 7");
                                         next();
                                       });
                                     }};
  const Completion end = run({kBroken, kTasks}, "t.nothing");
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_THAT(message(end), HasSubstr("\"span 7\" has not the form of W3C Trace Context"));
}

TEST(Hooks, TakeContextsThatSomebodyDeclares) {
  constexpr ModuleDefinition kLone{"lone", [](Module& m) {
                                     m.around([](Tracer&, Next next) { next(); });
                                     m.on_failed([](const FailedAttempt&, Tracer&) {});
                                   }};
  std::vector<std::string> problems;
  const std::vector<ModuleDefinition> modules{kLone};
  Registry::build(modules, problems);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("module \"lone\", a hook of around: it takes"),
                                    HasSubstr("module \"lone\", a hook of on_failed: it takes")));
}

}  // namespace
}  // namespace stint
