#include "core/enqueue_plan.hpp"
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

void declare_mail(Module& m) {
  m.task("send", [](const std::string&) {}, {arg("to")},
         {.domain = "mail",
          .node = "alpha",
          .priority = 7,
          .timeout = 30s,
          .retry = {.max_attempts = 5},
          .at_most_once = true});
  m.task("plain", [](int) {}, {arg("n") = 1});
}

std::shared_ptr<const Registry> registry() {
  const ModuleDefinition modules[] = {{"mail", declare_mail}};
  std::vector<std::string> problems;
  auto result = Registry::build(modules, problems);
  EXPECT_EQ(problems, std::vector<std::string>{});
  return result;
}

std::string plan_error(const EnqueueOptions& options, std::string_view task = "other.task",
                       const json& args = json::object()) {
  try {
    static_cast<void>(plan_job(task, nullptr, args, options, {}));
    return "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalid);
    return error.what();
  }
}

TEST(PlanJob, TakesTheTasksOptions) {
  const auto tasks = registry();
  const NewJob job =
      plan_job("mail.send", tasks->find_task("mail.send"), {{"to", "x"}}, {}, {.max_attempts = 3});
  EXPECT_EQ(job.task, "mail.send");
  EXPECT_EQ(job.args, R"({"to":"x"})");
  EXPECT_EQ(job.domain, "mail");
  EXPECT_EQ(job.node, "alpha");
  EXPECT_EQ(job.priority, 7);
  EXPECT_EQ(job.timeout, 30s);
  EXPECT_EQ(job.max_attempts, 5);
  EXPECT_TRUE(job.flags.at_most_once());
  EXPECT_FALSE(job.flags.exclusive());
}

TEST(PlanJob, PrefersTheEnqueuesOptions) {
  const auto tasks = registry();
  const NewJob job = plan_job("mail.send", tasks->find_task("mail.send"), {{"to", "x"}},
                              {.priority = -1,
                               .delay = 5s,
                               .domain = "bulk",
                               .node = "",
                               .max_attempts = 2,
                               .timeout = 0ms,
                               .metadata = {{"by", "me"}},
                               .tags = {"a", "b"},
                               .idempotency_key = "k"},
                              {.timeout = 9s});
  EXPECT_EQ(job.priority, -1);
  EXPECT_EQ(job.delay, 5s);
  EXPECT_EQ(job.domain, "bulk");
  EXPECT_EQ(job.node, "");
  EXPECT_EQ(job.max_attempts, 2);
  EXPECT_EQ(job.timeout, 0s);
  EXPECT_EQ(job.metadata, R"({"by":"me"})");
  EXPECT_EQ(job.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(job.idempotency_key, "k");
}

TEST(PlanJob, TakesTheSettingsWhereNobodySaysMore) {
  const auto tasks = registry();
  const EnqueueDefaults defaults{.max_attempts = 3, .timeout = 9s, .limits = {}};
  const NewJob plain = plan_job("mail.plain", tasks->find_task("mail.plain"), {}, {}, defaults);
  EXPECT_EQ(plain.max_attempts, 3);
  EXPECT_EQ(plain.timeout, 9s);
  EXPECT_EQ(plain.args, R"({"n":1})");
  EXPECT_EQ(plain.metadata, "");
  const NewJob unknown = plan_job("other.task", nullptr, {{"any", 1}}, {}, defaults);
  EXPECT_EQ(unknown.domain, "default");
  EXPECT_EQ(unknown.max_attempts, 3);
  EXPECT_EQ(unknown.args, R"({"any":1})");
}

TEST(PlanJob, RefusesOptionsOutOfRange) {
  const std::pair<EnqueueOptions, std::string> table[] = {
      {{.priority = 32768}, "priority 32768 is out of range: -32768 to 32767"},
      {{.delay = -1ms}, "delay -1ms is out of range"},
      {{.delay = std::chrono::hours{24 * 3651}}, "is out of range: 0s to 3650d"},
      {{.run_at = std::chrono::system_clock::now(), .delay = 1s},
       "run_at and delay are both given"},
      {{.run_at = std::chrono::system_clock::time_point{-1s}}, "run_at is out of range"},
      {{.domain = ""}, "domain \"\" must be"},
      {{.domain = "a b"}, "domain \"a b\" must be"},
      {{.domain = std::string(64, 'a')}, "must be 1 to 63"},
      {{.node = "x/y"}, "node \"x/y\" must be"},
      {{.max_attempts = 0}, "retry.max_attempts 0 is out of range: 1 to 1000"},
      {{.max_attempts = 1001}, "out of range: 1 to 1000"},
      {{.timeout = -1s}, "timeout -1s is out of range"},
      {{.metadata = {1, 2}}, "metadata must be an object, not array"},
      {{.metadata = {{"b", Bytes{"x"}}}}, "metadata cannot hold stint::Bytes"},
      {{.metadata = {{"b", "\xff"}}}, "the metadata of task \"other.task\" at \"b\""},
      {{.tags = {""}}, "tag \"\" must be"},
      {{.tags = {"a,b"}}, "tag \"a,b\" must be"},
      {{.tags = {"a", "a"}}, "tag \"a\" is given twice"},
      {{.tags = {std::string(101, 'x')}}, "must be 1 to 100 bytes"},
      {{.tags = std::vector<std::string>(51, "x")}, "there are 51 tags; the limit is 50"},
      {{.idempotency_key = std::string(501, 'x')}, "at most 500 bytes"},
      {{.idempotency_key = std::string{"a\0b", 3}}, "without control characters"},
  };
  for (const auto& [options, expected] : table) {
    const std::string message = plan_error(options);
    EXPECT_NE(message.find(expected), std::string::npos) << message;
    EXPECT_NE(message.find("\"other.task\""), std::string::npos) << message;
  }
}

TEST(PlanJob, NamesEveryProblemAtOnce) {
  EXPECT_EQ(plan_error({.priority = 99999, .tags = {""}, .idempotency_key = "\n"}),
            "task \"other.task\": 3 problems with the options of the enqueue\n"
            "  priority 99999 is out of range: -32768 to 32767\n"
            "  tag \"\" must be 1 to 100 bytes of UTF-8 without commas or control characters\n"
            "  idempotency_key must be at most 500 bytes of UTF-8 without control characters");
}

TEST(PlanJob, RefusesNamesAndArgumentsThatAreNone) {
  for (const char* const name : {"", "task", ".task", "module.", "a..b", "a b.c", "1a.b", "a.-b"}) {
    EXPECT_NE(plan_error({}, name).find("is no name of a task"), std::string::npos) << name;
  }
  EXPECT_EQ(plan_error({}, "a.b-c.d_1"), "accepted");
  EXPECT_EQ(plan_error({}, "a." + std::string(198, 'b')), "accepted");
  EXPECT_NE(plan_error({}, "a." + std::string(199, 'b')), "accepted");
  EXPECT_NE(plan_error({}, "a.b", {1}).find("must be an object, not array"), std::string::npos);
  EXPECT_EQ(plan_error({}, "a.b", nullptr), "accepted");
}

TEST(ChildKey, IsTheSameInEachAttempt) { EXPECT_EQ(child_key(JobId{12}, 3), "stint:child:12:3"); }

}  // namespace
}  // namespace stint
