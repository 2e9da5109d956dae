#include "core/arguments.hpp"
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

template <typename T>
ArgumentSpec spec_of(const arg& described) {
  ArgumentSpec spec = described.spec();
  detail::describe_type<T>(spec);
  return spec;
}

std::string arguments_error(const std::vector<ArgumentSpec>& specs, const json& args) {
  try {
    return "accepted: " + checked_arguments("m.t", specs, args).dump();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalid);
    return error.what();
  }
}

struct Case {
  ArgumentSpec spec;
  json value;
  std::string expected;  // empty: accepted as it is
};

TEST(CheckedArguments, AcceptsWhatFitsTheType) {
  const Case table[] = {
      {spec_of<bool>(arg("a")), true, ""},
      {spec_of<int>(arg("a")), 5, ""},
      {spec_of<int>(arg("a")), 5.0, "5"},
      {spec_of<double>(arg("a")), 5, ""},
      {spec_of<double>(arg("a")), 5.5, ""},
      {spec_of<std::uint64_t>(arg("a")), INT64_MAX, ""},
      {spec_of<std::string>(arg("a")), "text", ""},
      {spec_of<std::chrono::seconds>(arg("a")), "90s", ""},
      {spec_of<std::chrono::seconds>(arg("a")), 90, ""},
      {spec_of<std::chrono::system_clock::time_point>(arg("a")), "2026-11-21", ""},
      {spec_of<std::chrono::year_month_day>(arg("a")), "2026-11-21", ""},
      {spec_of<std::vector<int>>(arg("a")), {1, 2}, ""},
      {spec_of<std::vector<int>>(arg("a")), {1.0, 2}, "[1,2]"},
      {spec_of<std::map<std::string, int>>(arg("a")), {{"x", 1}}, ""},
      {spec_of<std::optional<int>>(arg("a")), nullptr, ""},
      {spec_of<std::optional<int>>(arg("a")), 5, ""},
      {spec_of<json>(arg("a")), nullptr, ""},
      {spec_of<json>(arg("a")), {1, "x"}, ""},
      {spec_of<int>(arg("a").optional()), nullptr, ""},
      {spec_of<std::filesystem::path>(arg("a")), "/tmp", ""},
      {spec_of<int>(arg("a").one_of(1, 2)), 2.0, "2"},
      {spec_of<std::vector<int>>(arg("a").one_of(1, 2)), {2, 1, 2}, ""},
  };
  for (const Case& one : table) {
    const std::string value = one.expected.empty() ? one.value.dump() : one.expected;
    EXPECT_EQ(arguments_error({one.spec}, {{"a", one.value}}), "accepted: {\"a\":" + value + "}");
  }
}

TEST(CheckedArguments, RefusesWhatDoesNotFit) {
  const Case table[] = {
      {spec_of<int>(arg("a")), true, "must be an integer, not true"},
      {spec_of<int>(arg("a")), 1.5, "must be an integer, not 1.5"},
      {spec_of<int>(arg("a")), "5", "must be an integer, not \"5\""},
      {spec_of<int>(arg("a")), nullptr, "must be an integer, not null"},
      {spec_of<int>(arg("a")), 3000000000, "3000000000 is out of range: -2147483648 to 2147483647"},
      {spec_of<unsigned char>(arg("a")), -1, "-1 is out of range: 0 to 255"},
      {spec_of<std::uint64_t>(arg("a")), UINT64_MAX, "is out of range: 0 to 9223372036854775807"},
      {spec_of<double>(arg("a")), NAN, "must be a number"},
      {spec_of<double>(arg("a")), false, "must be a number, not false"},
      {spec_of<bool>(arg("a")), 1, "must be true or false, not 1"},
      {spec_of<std::string>(arg("a")), 5, "must be a string, not 5"},
      {spec_of<std::vector<int>>(arg("a")), {1, "x"}, "element 1: must be an integer, not \"x\""},
      {spec_of<std::vector<int>>(arg("a")),
       {1, 3000000000},
       "element 1: 3000000000 is out of range"},
      {spec_of<std::vector<int>>(arg("a")), 5, "must be a list, not 5"},
      {spec_of<std::map<std::string, int>>(arg("a")),
       {{"x", "y"}},
       "does not convert: type must be"},
      {spec_of<std::chrono::seconds>(arg("a")), "soon", "must be a duration"},
      {spec_of<std::chrono::system_clock::time_point>(arg("a")), "soon",
       "\"soon\" is no date expression: it must begin with now"},
      {spec_of<int>(arg("a").one_of(1, 2, 3)), 5, "5 is none of 1, 2, 3"},
      {spec_of<std::string>(arg("a").one_of("A", "B")), "C", "\"C\" is none of \"A\", \"B\""},
      {spec_of<std::vector<int>>(arg("a").one_of(1, 2)), {1, 5}, "[1,5] is none of 1, 2"},
  };
  for (const Case& one : table) {
    const std::string message = arguments_error({one.spec}, {{"a", one.value}});
    EXPECT_TRUE(message.starts_with("task \"m.t\": argument \"a\": ")) << message;
    EXPECT_NE(message.find(one.expected), std::string::npos) << message;
  }
}

TEST(CheckedArguments, FillsDefaultsIn) {
  const std::vector<ArgumentSpec> specs = {spec_of<std::string>(arg("name") = "World"),
                                           spec_of<int>(arg("times").optional())};
  EXPECT_EQ(arguments_error(specs, {}), "accepted: {\"name\":\"World\"}");
  EXPECT_EQ(arguments_error(specs, {{"times", 2}}), "accepted: {\"name\":\"World\",\"times\":2}");
}

TEST(CheckedArguments, TakesStringsAsBytes) {
  const std::vector<ArgumentSpec> specs = {spec_of<Bytes>(arg("data"))};
  const json checked = checked_arguments("m.t", specs, {{"data", "abc"}});
  EXPECT_TRUE(checked["data"].is_binary());
  EXPECT_EQ(checked_arguments("m.t", specs, checked), checked);
}

TEST(CheckedArguments, NamesEveryProblemAtOnce) {
  const std::vector<ArgumentSpec> specs = {spec_of<std::string>(arg("path")),
                                           spec_of<int>(arg("width") = 800)};
  EXPECT_EQ(
      arguments_error(specs, {{"widht", 5}, {"width", "x"}}),
      "task \"m.t\": 3 problems with its arguments\n"
      "  there is no argument \"widht\" (did you mean \"width\"?): the task takes path, width\n"
      "  argument \"path\" is missing: it must be a string\n"
      "  argument \"width\": must be an integer, not \"x\"");
  EXPECT_NE(arguments_error({}, {{"a", 1}}).find("the task takes no arguments"), std::string::npos);
  EXPECT_NE(arguments_error(specs, json::array()).find("must be an object, not []"),
            std::string::npos);
}

TEST(CheckedArguments, ShortensLongValues) {
  const std::string message =
      arguments_error({spec_of<int>(arg("a"))}, {{"a", std::string(100'000, 'x')}});
  EXPECT_LT(message.size(), 200U);
  EXPECT_TRUE(message.ends_with("...")) << message;
}

TEST(ArgumentFromText, ConvertsToWhatTheSpecWants) {
  const Case table[] = {
      {spec_of<int>(arg("a")), 400, "400"},
      {spec_of<int>(arg("a")), -5, "-5"},
      {spec_of<int>(arg("a")), 400.0, "4e2"},
      {spec_of<double>(arg("a")), 0.5, "0.5"},
      {spec_of<bool>(arg("a")), true, "true"},
      {spec_of<bool>(arg("a")), false, "no"},
      {spec_of<std::string>(arg("a")), "400", "400"},
      {spec_of<std::string>(arg("a")), "", ""},
      {spec_of<json>(arg("a")), "400", "400"},
      {spec_of<json>(arg("a").one_of(1, 2)), 2, "2"},
      {spec_of<std::vector<int>>(arg("a")), 4, "4"},
      {spec_of<std::vector<std::string>>(arg("a")), "a,b", "a,b"},
      {spec_of<std::chrono::seconds>(arg("a")), 90, "90"},
      {spec_of<std::chrono::seconds>(arg("a")), "1m", "1m"},
      {spec_of<std::map<std::string, int>>(arg("a")), {{"x", 1}}, "{\"x\": 1}"},
  };
  for (const Case& one : table) {
    const json value = argument_from_text(one.spec, one.expected);
    EXPECT_EQ(value, one.value) << one.expected;
    EXPECT_EQ(value.type(), one.value.type()) << one.expected;
  }
  const json bytes = argument_from_text(spec_of<Bytes>(arg("a")), std::string_view{"\0\xff", 2});
  EXPECT_EQ(bytes.get<Bytes>().size(), 2U);
}

TEST(ArgumentFromText, RefusesWhatDoesNotConvert) {
  const std::pair<ArgumentSpec, std::string> table[] = {
      {spec_of<int>(arg("a")), "4x"},
      {spec_of<int>(arg("a")), ""},
      {spec_of<int>(arg("a")), "1.5"},
      {spec_of<double>(arg("a")), "nan"},
      {spec_of<double>(arg("a")), "inf"},
      {spec_of<bool>(arg("a")), "maybe"},
      {spec_of<std::string>(arg("a")), "\xff"},
      {spec_of<std::map<std::string, int>>(arg("a")), "{x}"},
  };
  for (const auto& [spec, text] : table) {
    EXPECT_THROW(static_cast<void>(argument_from_text(spec, text)), Error) << text;
  }
}

struct Fields {
  std::string path;
  int width = 800;
  std::vector<int> sizes;
  std::optional<std::string> title;
  unsigned count = 1;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Fields, path, width, sizes, title, count)

inline constexpr Task<Fields, int> fields_task{"typed.fields"};

void declare_typed(Module& m) {
  m.task(fields_task, [](const Fields& args) { return args.width; },
         {arg("path").required(), arg("width").help("in pixels")});
}

class TypedArguments : public testing::Test {
 protected:
  TypedArguments() {
    const ModuleDefinition modules[] = {{"typed", declare_typed}};
    std::vector<std::string> problems;
    registry_ = Registry::build(modules, problems);
    EXPECT_EQ(problems, std::vector<std::string>{});
  }

  std::string result_of(const json& args) {
    try {
      return checked_arguments(*registry_->find_task("typed.fields"), args).dump();
    } catch (const Error& error) {
      return error.what();
    }
  }

  std::shared_ptr<const Registry> registry_;
};

TEST_F(TypedArguments, TakeTheFieldsInitialisersAsDefaults) {
  EXPECT_EQ(json::parse(result_of({{"path", "a.png"}})), (json{{"path", "a.png"},
                                                               {"width", 800},
                                                               {"sizes", json::array()},
                                                               {"title", nullptr},
                                                               {"count", 1}}));
  EXPECT_NE(result_of({}).find("argument \"path\" is missing"), std::string::npos);
}

TEST_F(TypedArguments, FindIntegersThatTheFieldCutsOff) {
  EXPECT_NE(result_of({{"path", "a"}, {"width", 5'000'000'000}})
                .find("argument \"width\": 5000000000 does not fit the field's type"),
            std::string::npos);
  EXPECT_NE(result_of({{"path", "a"}, {"count", -1}}).find("out of range"), std::string::npos);
}

TEST_F(TypedArguments, KnowElementsAndOptionalsByTrial) {
  const auto& specs = registry_->find_task("typed.fields")->args;
  const auto find = [&specs](std::string_view name) {
    return std::ranges::find(specs, name, &ArgumentSpec::name);
  };
  EXPECT_EQ(find("sizes")->element, ArgumentType::kInteger);
  EXPECT_EQ(find("title")->type, ArgumentType::kString);
  EXPECT_TRUE(find("title")->nullable);
  EXPECT_NE(result_of({{"path", "a"}, {"sizes", {"x"}}}).find("element 0: must be an integer"),
            std::string::npos);
  EXPECT_NE(result_of({{"path", "a"}, {"title", 5}}).find("must be a string, not 5"),
            std::string::npos);
}

}  // namespace
}  // namespace stint
