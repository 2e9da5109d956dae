#include "app/task_records.hpp"
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "stint/stint.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

constexpr ModuleDefinition kTasks{"t", [](Module& m) {
                                    m.task("own", [] {}, {},
                                           {.timeout = 30s, .retry = {.max_attempts = 4}});
                                    m.task("plain", [] {});
                                  }};

std::vector<TaskRecord> records(const EnqueueDefaults& defaults) {
  std::vector<std::string> problems;
  const std::vector<ModuleDefinition> modules{kTasks};
  return task_records(*Registry::build(modules, problems), defaults);
}

detail::TaskDeclaration read(const TaskRecord& record) {
  return task_from_specification(record.name, json::parse(record.specification));
}

TEST(TaskRecords, TellOfTheDefaultsOfWhoeverRegisters) {
  const auto all = records({.max_attempts = 3, .timeout = 9s, .limits = {}});
  ASSERT_EQ(all.size(), 2U);
  const json own = json::parse(all[0].specification);
  EXPECT_EQ(own["retry"]["max_attempts"], 4);
  EXPECT_EQ(own["timeout"], "30s");
  const json plain = json::parse(all[1].specification);
  EXPECT_EQ(plain["retry"]["max_attempts"], 3);
  EXPECT_EQ(plain["timeout"], "9s");
}

TEST(TaskRecords, LeaveTheDefaultsToProgramsThatHaveSettings) {
  const auto all = records({.max_attempts = 3, .timeout = 9s, .limits = {}});
  const detail::TaskDeclaration own = read(all[0]);
  EXPECT_EQ(own.options.retry.max_attempts, 4);
  EXPECT_EQ(own.options.timeout, 30s);
  const detail::TaskDeclaration plain = read(all[1]);
  EXPECT_EQ(plain.options.retry.max_attempts, std::nullopt);
  EXPECT_EQ(plain.options.timeout, 0s);
}

TEST(TaskRecords, AreAsBeforeWithoutSettings) {
  const std::string plain = records({})[1].specification;
  EXPECT_EQ(plain.find("is_default"), std::string::npos) << plain;
  EXPECT_EQ(plain.find("max_attempts"), std::string::npos) << plain;
}

}  // namespace
}  // namespace stint
