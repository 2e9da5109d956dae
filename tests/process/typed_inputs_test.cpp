// Arguments with stated types, date math and declared results, by the real command line.
#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "app/backends.hpp"
#include "stint/json.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TypedInputs : public ::testing::Test {
 protected:
  Program program{"typed_tasks"};
};

TEST_F(TypedInputs, AreShownWithZoneDefaultsAndResults) {
  const std::string shown = program.output({"task", "show", "typed.count"});
  EXPECT_THAT(shown, AllOf(HasSubstr("zone          Europe/Berlin"), HasSubstr("today-1d"),
                           HasSubstr("what to count; 2026-11-21, or date math"),
                           HasSubstr("RETURNS"), HasSubstr("moment")));
  const json object = json::parse(program.output({"task", "show", "typed.count", "--json"}));
  EXPECT_EQ(object["schema"]["properties"]["day"]["format"], "date");
  EXPECT_EQ(object["schema"]["required"], json::array());
  EXPECT_EQ(object["returns"]["required"], (json{"day", "since"}));
  EXPECT_THAT(program.output({"run", "typed.count", "--help"}),
              AllOf(HasSubstr("--day DATE"), HasSubstr("--since MOMENT"), HasSubstr("today-1d")));
}

TEST_F(TypedInputs, AreRefusedWithTheWayOut) {
  const ProcessResult wrong = program.run({"run", "typed.show", "--run-once", "--day", "now-1q"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err,
              HasSubstr("argument \"day\": \"now-1q\" is no date expression: \"q\" is no unit (y, "
                        "M, w, d, h, m, s)"));
  const ProcessResult near = program.run({"enqueue", "typed.show", "day=tody"});
  EXPECT_EQ(near.exit_code, 2);
  EXPECT_THAT(near.err, HasSubstr("did you mean \"today\"?"));
  EXPECT_EQ(program.run({"run", "typed.show", "--run-once", "--day", "now+900y"}).exit_code, 2);
}

TEST_F(TypedInputs, AreResolvedWhenTheJobIsEnqueuedOrTheTaskRun) {
  program.output({"enqueue", "typed.show", "day=now/M-1d", "--at", "2096-03-15"});
  EXPECT_EQ(json::parse(program.output({"job", "show", "1", "--json"}))["args"]["day"],
            "2096-02-29");
  EXPECT_EQ(program.output({"run", "typed.show", "--run-once", "--day", "2023-05-20||+7d"}),
            "\"2023-05-27\"");
}

TEST_F(TypedInputs, FailsForGoodWithAnOutputThatDoesNotMatch) {
  program.output({"enqueue", "typed.wrong"});
  program.output({"enqueue", "typed.bytes"});
  program.output({"worker", "run", "--drain", "--log-level", "error"});
  const json failed = json::parse(program.output({"job", "show", "1", "--json"}));
  EXPECT_EQ(failed["state"], "failed");
  EXPECT_EQ(failed["attempt"], 1);
  EXPECT_EQ(failed["cause"], "output");
  EXPECT_EQ(failed["error"]["message"],
            "the field \"rows\" of the output: must be an integer, not \"three\"");
  EXPECT_EQ(json::parse(program.output({"job", "show", "2", "--json"}))["state"], "done");
}

/// (store, isolation)
class UnresolvedDate : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

/// Stored by a program that does not know the task.
TEST_P(UnresolvedDate, IsTheSameAtEveryAttempt) {
  const auto& [backend, isolation] = GetParam();
  std::string missing;
  const std::unique_ptr<StorePlace> place = make_store_place(backend, missing);
  if (!place) {
    ASSERT_FALSE(is_required(backend)) << missing;
    GTEST_SKIP() << missing;
  }
  place->open_schema()->migrate();
  const std::unique_ptr<Store> store = place->open();
  Program program{"typed_tasks"};
  program.set("STINT_STORE", place->url());
  // Enqueued long ago, due now, and in Berlin the next day had begun.
  store->set_time_for_tests(std::chrono::sys_days{std::chrono::year{2026} / 2 / 28} +
                            std::chrono::minutes{23 * 60 + 30});
  const NewJob job{.task = "typed.count", .max_attempts = 2};
  const JobId id = store->enqueue({&job, 1}).front().id;
  store->set_time_for_tests({});
  program.output(
      {"worker", "run", "--max-runs", "2", "--log-level", "error", "--isolation", isolation});
  const JobRecord record = store->find_job(id).value();
  EXPECT_EQ(record.state, JobState::kDone) << record.error;
  EXPECT_EQ(record.attempts, 2);
  std::string lines;
  for (const JobLogLine& line : store->read_log(id, 0, 100)) lines += line.text + '\n';
  EXPECT_THAT(lines,
              AllOf(HasSubstr("attempt 1 of 2026-02-28"), HasSubstr("attempt 2 of 2026-02-28")));
  const json output = json::parse(record.output);
  EXPECT_EQ(output["day"], "2026-02-28");
  EXPECT_THAT(output["since"].get<std::string>(), HasSubstr("-12-31T23:00:00Z"));
}

INSTANTIATE_TEST_SUITE_P(Each, UnresolvedDate,
                         ::testing::Combine(::testing::Values("sqlite", "postgres"),
                                            ::testing::Values("thread", "process")),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" + std::get<1>(test.param);
                         });

}  // namespace
}  // namespace stint::test
