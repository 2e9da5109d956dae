#include "core/result_check.hpp"
#include <optional>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "core/registry.hpp"

namespace stint {
namespace {

struct Thumbnail {
  int width = 0;
  std::string path = {};
  Bytes data = {};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Thumbnail, width, path, data)
struct Nothing {};
// NOLINTNEXTLINE(misc-use-anonymous-namespace): found by its name alone
void to_json(json& to, const Nothing& /*from*/) { to = json::object(); }
void from_json(const json& /*from*/, Nothing& /*to*/) {}
constexpr Task<Nothing, Thumbnail> kThumbnailTask{"m.typed"};
constexpr Task<Nothing, Thumbnail> kLoose{"m.loose"};

STINT_MODULE(m, module) {
  module.task("fields", [] { return json{}; }, {},
              {.returns = {arg("width").integer().minimum(1), arg("note").string().optional(),
                           arg("day").date().optional(), arg("data").bytes().optional(),
                           arg("kind").one_of("png", "jpeg").optional()}});
  module.task("plain", [] { return json{}; }, {}, {.returns = {arg().number().maximum(1)}});
  module.task("anything", [] { return json{}; });
  module.task("number", [] { return 4; });
  module.task("maybe", [] { return std::optional<std::string>{}; });
  module.task(kThumbnailTask, [] { return Thumbnail{}; });
  module.task(kLoose, [] { return json{}; }, {}, {.returns = {arg("width").minimum(1)}});
}

class ResultCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> problems;
    const ModuleDefinition modules[] = {m};
    registry_ = Registry::build(modules, problems);
    ASSERT_TRUE(problems.empty()) << problems.front();
  }
  std::string problem(std::string_view task, json output) const {
    return output_problem(*registry_->find_task(task), output);
  }

  std::shared_ptr<const Registry> registry_;
};

TEST_F(ResultCheck, NamesTheFieldThatDoesNotMatch) {
  EXPECT_EQ(problem("m.fields", {{"width", 400}}), "");
  EXPECT_EQ(problem("m.fields", {{"width", 400.0}, {"note", "x"}, {"day", "2026-11-21"}}), "");
  EXPECT_EQ(problem("m.fields", {{"width", 1}, {"data", Bytes{"\xff"}}}), "");
  EXPECT_EQ(problem("m.fields", {{"width", "400"}}),
            "the field \"width\" of the output: must be an integer, not \"400\"");
  EXPECT_EQ(problem("m.fields", {{"width", 0}}),
            "the field \"width\" of the output: 0 is out of range: 1 to 9223372036854775807");
  EXPECT_EQ(problem("m.fields", json::object()),
            "the field \"width\" of the output is missing: it must be an integer");
  EXPECT_EQ(problem("m.fields", {{"width", 1}, {"kind", "gif"}}),
            "the field \"kind\" of the output: \"gif\" is none of \"png\", \"jpeg\"");
  EXPECT_EQ(problem("m.fields", {{"width", 1}, {"wdth", 2}}),
            "the output has a field \"wdth\" (did you mean \"width\"?) that its task does not "
            "declare: it has width, note, day, data, kind");
  EXPECT_EQ(problem("m.fields", 5),
            "the output must be an object with width, note, day, data, kind, not 5");
  EXPECT_EQ(problem("m.fields", nullptr),
            "the output must be an object with width, note, day, data, kind, not null");
  // Nobody resolves an output.
  EXPECT_NE(problem("m.fields", {{"width", 1}, {"day", "today"}}), "");
}

TEST_F(ResultCheck, TakesAPlainValue) {
  EXPECT_EQ(problem("m.plain", 0.5), "");
  EXPECT_EQ(problem("m.plain", 2), "the output 2 is more than 1");
  EXPECT_EQ(problem("m.plain", "x"), "the output must be a number, not \"x\"");
  EXPECT_EQ(problem("m.anything", {{"any", {1, nullptr}}}), "");
}

TEST_F(ResultCheck, FollowsFromTheTypeOfTheResult) {
  const auto returns = [&](std::string_view task) {
    return specification(*registry_->find_task(task)).value("returns", json{});
  };
  EXPECT_EQ(returns("m.number")["type"], "integer");
  EXPECT_EQ(returns("m.maybe")["type"], (json{"string", "null"}));
  EXPECT_EQ(returns("m.anything"), nullptr);
  EXPECT_EQ(returns("m.typed")["properties"]["width"], (json{{"type", "integer"}}));
  EXPECT_EQ(returns("m.typed")["properties"]["data"],
            (json{{"type", "string"}, {"format", "binary"}}));
  EXPECT_EQ(returns("m.typed")["required"], (json{"data", "path", "width"}));
  // What is stated is joined with it.
  EXPECT_EQ(returns("m.loose")["properties"]["width"]["type"], "integer");
  EXPECT_NE(problem("m.loose", {{"width", 1}}).find("\"data\" of the output is missing"),
            std::string::npos);
}

TEST_F(ResultCheck, IsReadBackFromTheSpecification) {
  for (const char* const name : {"m.fields", "m.plain", "m.typed", "m.maybe", "m.number"}) {
    const json written = specification(*registry_->find_task(name));
    const json again = specification(task_from_specification(name, written));
    EXPECT_EQ(again["returns"], written["returns"]) << name;
    EXPECT_EQ(again["schema"], written["schema"]) << name;
  }
}

TEST(CheckReturns, FindsMistakesAtStart) {
  const auto problem_of = [](const std::vector<arg>& returns) {
    static std::vector<arg> given;
    given = returns;
    std::vector<std::string> problems;
    const ModuleDefinition module{"w", [](Module& w) {
                                    w.task(Task<Nothing, Thumbnail>{"w.t"},
                                           [] { return Thumbnail{}; }, {}, {.returns = given});
                                  }};
    Registry::build({&module, 1}, problems);
    return problems.empty() ? std::string{} : problems.front();
  };
  const auto expect = [&](const std::vector<arg>& returns, std::string_view text) {
    EXPECT_NE(problem_of(returns).find(text), std::string::npos) << problem_of(returns);
  };
  EXPECT_EQ(problem_of({arg("width").integer()}), "");
  expect({arg("witdh").integer()},
         "returns \"witdh\": the C++ type of the result has no such field (did you mean "
         "\"width\"?)");
  expect({arg("width").string()},
         "returns \"width\": .string() does not fit its C++ type, which gives integer");
  expect({arg("width").integer(), arg("width").integer()}, "is described twice");
  expect({arg(), arg("width")}, "stands alone");
  expect({arg("width") = 5}, "a result has no default");
  expect({arg("path").one_of(5).string()}, "the choice must be a string, not 5");
}

}  // namespace
}  // namespace stint
