#include "core/sql_enqueue.hpp"
#include <chrono>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

TEST(SqlEnqueue, GivesAllThatThePlanSays) {
  const NewJob job{.task = "t.run",
                   .args = R"({"name":"Zoë"})",
                   .domain = "mail",
                   .node = "n1",
                   .priority = -3,
                   .delay = 90500ms,
                   .max_attempts = 4,
                   .timeout = 1500ms,
                   .metadata = R"({"a":1})",
                   .tags = {"x", "y"},
                   .idempotency_key = "k"};
  const std::vector<std::string> values = sql_enqueue_values(job);
  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(values[0], "t.run");
  EXPECT_EQ(values[1], R"({"name":"Zo\u00eb"})");
  EXPECT_EQ(json::parse(values[2]), (json{{"domain", "mail"},
                                          {"node", "n1"},
                                          {"priority", -3},
                                          {"delay", "1m30.5s"},
                                          {"max_attempts", 4},
                                          {"timeout", "1.5s"},
                                          {"metadata", {{"a", 1}}},
                                          {"tags", {"x", "y"}},
                                          {"idempotency_key", "k"},
                                          {"unregistered", true}}));
}

TEST(SqlEnqueue, RatherFailsThanForgetsWhatMakesAJobSafe) {
  const NewJob job{.task = "t.run", .flags = JobFlags{JobFlags::kAtMostOnce}};
  EXPECT_FALSE(json::parse(sql_enqueue_values(job)[2]).contains("unregistered"));
}

TEST(SqlEnqueue, GivesTimesToTheMicrosecond) {
  const StoreTime at = std::chrono::sys_days{2030y / 1 / 2} + 3h + 1234567ns;
  const NewJob job{.task = "t.run", .run_at = at};
  EXPECT_EQ(json::parse(sql_enqueue_values(job)[2])["run_at"], "2030-01-02T03:00:00.001234Z");
}

TEST(SqlEnqueue, RefusesBytes) {
  const NewJob job{.task = "t.run", .attachments = {"x"}};
  EXPECT_THROW(static_cast<void>(sql_enqueue_values(job)), Error);
}

}  // namespace
}  // namespace stint
