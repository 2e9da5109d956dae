#include "core/registry.hpp"
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "core/arguments.hpp"
#include "stint/error.hpp"
#include "stint/job.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> problems_of(ModuleDefinition::Declare declare) {
  const ModuleDefinition modules[] = {{"m", declare}};
  std::vector<std::string> problems;
  static_cast<void>(Registry::build(modules, problems));
  return problems;
}

struct Point {
  int x = 0;
  int y = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Point, x, y)

struct Warehouse {};

inline constexpr Task<Point> move_task{"m.move"};
inline constexpr Task<Point> foreign_task{"other.move"};
inline constexpr Task<Point> bare_task{"move"};

TEST(Registry, KnowsTasksByFullName) {
  const ModuleDefinition modules[] = {{"m", [](Module& m) {
                                         m.task("foo", [] {});
                                         m.task("m.sub.bar", [](Job&) { return 1; });
                                         m.task(move_task, [](const Point&) {});
                                         m.command("hello", [] { return 0; }, {},
                                                   {.doc = "Greets."});
                                       }}};
  std::vector<std::string> problems;
  const auto registry = Registry::build(modules, problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(registry->task_names(), ElementsAre("m.foo", "m.move", "m.sub.bar"));
  EXPECT_FALSE(registry->find_task("m.foo")->returns_value);
  EXPECT_TRUE(registry->find_task("m.sub.bar")->returns_value);
  EXPECT_EQ(registry->find_task("foo"), nullptr);
  EXPECT_EQ(registry->find_task("hello"), nullptr);
  EXPECT_EQ(registry->find_command("hello")->options.doc, "Greets.");
  EXPECT_EQ(registry->find_task_to_enqueue("elsewhere.task"), nullptr);
  try {
    static_cast<void>(registry->find_task_to_enqueue("m.mvoe"));
    FAIL() << "an unknown task of a known module was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_STREQ(error.what(), "there is no task \"m.mvoe\" (did you mean \"m.move\"?)");
  }
}

TEST(Registry, TakesAnythingThatCanBeCalled) {
  EXPECT_THAT(problems_of([](Module& m) {
                m.context<Warehouse>(per_thread);
                m.task("mixed",
                       [](Job&, const Settings&, int, Client&, const std::string&, Warehouse&) {},
                       {arg("a"), arg("b").one_of("x", "y") = "x"});
                m.task("function", std::function<int(double)>{}, {arg("a").short_flag('a')});
                m.task("noexcept", [](bool) noexcept {}, {arg("flag") = false});
                // NOLINTNEXTLINE(performance-unnecessary-value-param): that it may be one
                m.task("mutable", [n = 0](std::vector<int>) mutable { return ++n; }, {arg("l")});
              }),
              IsEmpty());
}

struct Mistake {
  ModuleDefinition::Declare declare;
  std::string message;
};

void expect_each(const std::vector<Mistake>& table) {
  for (const Mistake& one : table) {
    const std::vector<std::string> problems = problems_of(one.declare);
    EXPECT_THAT(problems, ElementsAre(HasSubstr(one.message))) << one.message;
    for (const std::string& problem : problems) EXPECT_THAT(problem, HasSubstr("module \"m\""));
  }
}

TEST(Registry, FindsMistakesInNames) {
  expect_each({
      {[](Module& m) { m.task("a b", [] {}); }, "a task's name is \"module.task\""},
      {[](Module& m) { m.task("other.a", [] {}); }, "is named \"m.NAME\""},
      {[](Module& m) { m.task(foreign_task, [](const Point&) {}); }, "is named \"m.NAME\""},
      {[](Module& m) { m.task(bare_task, [](const Point&) {}); }, "a task's name is"},
      {[](Module& m) { m.task("a", [] {}), m.task("m.a", [] {}); }, "another one has this name"},
      {[](Module& m) { m.command("run", [] {}); }, "is part of Stint"},
      {[](Module& m) { m.command("a.b", [] {}); }, "a command's name is"},
      {[](Module& m) { m.setting<int>("k"), m.setting<int>("k"); }, "\"k\" is declared twice"},
      {[](Module&) { throw std::runtime_error("no file"); }, "its declaration threw: no file"},
  });
}

TEST(Registry, FindsMistakesInArguments) {
  expect_each({
      {[](Module& m) { m.task("t", [](int, int) {}, {arg("a")}); },
       "it has 1 arg(...) for 2 parameters"},
      {[](Module& m) { m.task("t", [] {}, {arg("a")}); }, "it has 1 arg(...) for 0 parameters"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a") = "x"}); },
       "argument \"a\": the default must be an integer, not \"x\""},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a").one_of(1, 2) = 3}); },
       "the default 3 is none of 1, 2"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a").one_of(1, "b")}); },
       "the choice must be an integer, not \"b\""},
      {[](Module& m) { m.task("t", [](int) {}, {arg("run_once")}); }, "the option --run-once"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("keep-lock")}); }, "the option --keep-lock"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a b")}); }, "a name is 1 to 100 letters"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("")}); }, "a name is 1 to 100 letters"},
      {[](Module& m) { m.task("t", [](int, int) {}, {arg("a_b"), arg("a-b")}); },
       "arguments \"a_b\" and \"a-b\" both need the option --a-b"},
      {[](Module& m) { m.task("t", [](bool, int) {}, {arg("x"), arg("no_x")}); },
       "both need the option --no-x"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a").short_flag('s')}); },
       "-s is taken by --settings"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a").short_flag('7')}); },
       "a short flag is one letter"},
      {[](Module& m) {
         m.task("t", [](int, int) {}, {arg("a").short_flag('n'), arg("b").short_flag('n')});
       },
       "both need the option -n"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a").required() = 1}); },
       "is required and has a default"},
      {[](Module& m) { m.task("t", [](Warehouse&) {}); }, "Warehouse>()"},
      {[](Module& m) { m.task(move_task, [](const Point&) {}, {arg("z")}); },
       "argument \"z\": the struct has no such field"},
      {[](Module& m) { m.task(move_task, [](const Point&) {}, {arg("x"), arg("x")}); },
       "is described twice"},
      {[](Module& m) { m.task(move_task, [](const Point&) {}, {arg("x") = 1}); },
       "is its initialiser"},
      {[](Module& m) { m.task(move_task, [](const Point&) {}, {arg("x").one_of("a", 0)}); },
       "the choice must be an integer"},
  });
}

TEST(Registry, FindsMistakesInOptions) {
  expect_each({
      {[](Module& m) { m.task("t", [] {}, {}, {.domain = "a b"}); }, "domain \"a b\" must be"},
      {[](Module& m) { m.task("t", [] {}, {}, {.priority = 40000}); }, "priority 40000"},
      {[](Module& m) { m.task("t", [] {}, {}, {.timeout = -1s}); }, "timeout -1s"},
      {[](Module& m) { m.task("t", [] {}, {}, {.timeout = std::chrono::hours{100'000}}); },
       "is out of range: 0s to 3650d"},
      {[](Module& m) { m.task("t", [] {}, {}, {.retry = {.max_attempts = 0}}); },
       "retry.max_attempts 0"},
      {[](Module& m) { m.task("t", [] {}, {}, {.retry = {.backoff = 2h}}); },
       "is longer than retry.max_backoff 1h"},
      {[](Module& m) { m.task("t", [] {}, {}, {.retry = {.jitter = 1.5}}); }, "retry.jitter 1.5"},
  });
}

TEST(Registry, RefusesLimitsThatCannotBe) {
  expect_each({
      {[](Module& m) { m.task("t", [] {}, {}, {.max_memory = 1000}); }, "max_memory 1000"},
      {[](Module& m) { m.task("t", [] {}, {}, {.max_cpu = -1s}); }, "max_cpu"},
      {[](Module& m) { m.task("t", [] {}, {}, {.max_descriptors = 2}); }, "max_descriptors 2"},
      {[](Module& m) { m.task("t", [] {}, {}, {.umask = 01000}); }, "umask 1000"},
      {[](Module& m) { m.task("t", [] {}, {}, {.working_directory = std::string(1, '\0')}); },
       "working_directory"},
  });
}

TEST(Registry, RefusesTypesThatContradictTheHandler) {
  expect_each({
      {[](Module& m) { m.task("t", [](int) {}, {arg("a").date()}); },
       "argument \"a\": .date() does not fit the C++ type of its parameter, which takes integer"},
      {[](Module& m) { m.task("t", [](std::string) {}, {arg("a").integer()}); },
       ".integer() does not fit"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a").minimum(5).maximum(4)}); },
       "no value lies between"},
      {[](Module& m) { m.task("t", [](std::string) {}, {arg("a").minimum(5)}); },
       "are for integers and numbers"},
  });
}

TEST(Registry, RefusesWhatIsNotBuiltYet) {
  expect_each({
      {[](Module& m) { m.task("t", [] {}, {}, {.depends_on = {{.task = "m.u"}}}); },
       "depends_on is not available in this version of Stint"},
      {[](Module& m) { m.task("t", [] {}, {}, {.inputs = {"a"}}); }, "inputs is not available"},
      {[](Module& m) { m.task("t", [] {}, {}, {.outputs = {"a"}}); }, "outputs is not available"},
      {[](Module& m) { m.task("t", [] {}, {}, {.process_units = 2}); }, "process_units is not"},
      {[](Module& m) { m.task("t", [] {}, {}, {.max_running = 3}); }, "max_running is not"},
      {[](Module& m) { m.task("t", [](int) {}, {arg("a").write_all()}); }, "write_all() is not"},
  });
}

TEST(Registry, ReportsEverythingAtOnce) {
  EXPECT_THAT(problems_of([](Module& m) {
                m.task("a b", [](int) {}, {arg("json") = "x"}, {.priority = 99999});
                m.task("t", [] {}, {arg("a")});
              }),
              testing::SizeIs(5));
  const ModuleDefinition twice[] = {{"m", [](Module&) {}}, {"m", [](Module&) {}}};
  std::vector<std::string> problems;
  static_cast<void>(Registry::build(twice, problems));
  EXPECT_THAT(problems, ElementsAre("module \"m\" is given twice"));
}

TEST(Specification, ReadsBackAsTheSameTask) {
  const ModuleDefinition modules[] = {
      {"m", [](Module& m) {
         // NOLINTNEXTLINE(performance-unnecessary-value-param): that it may be one
         m.task("t", [](int, std::vector<std::string>, std::optional<double>, const Bytes&) {},
                {arg("a").help("how many").one_of(1, 2).short_flag('a') = 2, arg("b"), arg("c"),
                 arg("d") = Bytes{"x"}},
                {.doc = "Does it.",
                 .domain = "mail",
                 .node = "alpha",
                 .priority = 3,
                 .timeout = 90s,
                 .retry = {.max_attempts = 4, .backoff = 1s, .max_backoff = 2min, .jitter = 0.5},
                 .at_most_once = true});
       }}};
  std::vector<std::string> problems;
  const auto registry = Registry::build(modules, problems);
  ASSERT_THAT(problems, IsEmpty());
  const json first = specification(*registry->find_task("m.t"));
  const detail::TaskDeclaration back = task_from_specification("m.t", json::parse(first.dump()));
  EXPECT_EQ(specification(back), first);
  EXPECT_EQ(back.options.timeout, 90s);
  EXPECT_EQ(back.options.retry.max_attempts, 4);
  EXPECT_EQ(checked_arguments(back, {{"b", {"x"}}}), (json{{"a", 2}, {"b", {"x"}}}));
  EXPECT_THROW(static_cast<void>(checked_arguments(back, {{"b", {"x"}}, {"a", 3}})), Error);
}

TEST(Specification, ToleratesWhatLaterVersionsAdd) {
  const json later = {{"args", {{{"name", "a"}, {"type", "rational"}, {"new", 1}}}}, {"new", {1}}};
  const detail::TaskDeclaration task = task_from_specification("m.t", later);
  EXPECT_EQ(task.args.at(0).type, ArgumentType::kAny);
  EXPECT_EQ(task.options.domain, "default");
  EXPECT_THROW(static_cast<void>(task_from_specification("m.t", {{"args", {1}}})), Error);
}

}  // namespace
}  // namespace stint
