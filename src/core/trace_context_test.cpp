#include "core/trace_context.hpp"
#include <cstdlib>
#include <gtest/gtest.h>

namespace stint {
namespace {

const std::string kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string kOther = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

TEST(TraceContext, TakesTheFormOfTheStandard) {
  EXPECT_TRUE(is_traceparent(kGood));
  EXPECT_TRUE(is_traceparent(kOther));
  std::string later = kGood;
  later.replace(0, 2, "cc");
  EXPECT_TRUE(is_traceparent(later));
  EXPECT_TRUE(is_traceparent(later + "-what-the-future-will-be"));
}

TEST(TraceContext, RefusesOtherForms) {
  const auto with = [](std::size_t at, std::string_view text) {
    std::string bad = kGood;
    bad.replace(at, text.size(), text);
    return bad;
  };
  for (const std::string& bad :
       {std::string{}, std::string{"00"}, kGood.substr(0, 54), kGood + "-more", kGood + "0",
        with(0, "ff"), with(0, "0G"), with(2, "_"), with(3, "4B"), with(35, "0"),
        with(3, std::string(32, '0')), with(36, std::string(16, '0')), with(53, "0x"),
        std::string{"cc"} + kGood.substr(2) + ".more", std::string{"cc"} + kGood.substr(2) + "- ",
        std::string{"cc"} + kGood.substr(2) + "-" + std::string(1000, 'x')}) {
    EXPECT_FALSE(is_traceparent(bad)) << bad;
  }
}

TEST(TraceContext, IsReadFromMetadata) {
  EXPECT_EQ(traceparent_of({{"traceparent", kGood}, {"user", "eve"}}), kGood);
  EXPECT_EQ(traceparent_of(json::object()), "");
  EXPECT_EQ(traceparent_of(nullptr), "");
  EXPECT_EQ(traceparent_of({{"traceparent", 7}}), "");
  EXPECT_EQ(traceparent_of({{"traceparent", "SQL wrote this"}}), "");
}

TEST(TraceContext, IsInheritedUnlessStated) {
  const json parent{{"traceparent", kGood}, {"tracestate", "vendor=1"}, {"user", "eve"}};
  const json inherited{{"traceparent", kGood}, {"tracestate", "vendor=1"}};
  EXPECT_EQ(inherit_trace(nullptr, kGood, parent), inherited);
  EXPECT_EQ(inherit_trace({{"a", 1}}, kGood, json::object()),
            (json{{"a", 1}, {"traceparent", kGood}}));
  EXPECT_EQ(inherit_trace({{"traceparent", kOther}}, kGood, parent),
            (json{{"traceparent", kOther}}));
  EXPECT_EQ(inherit_trace({{"traceparent", nullptr}}, kGood, parent), json::object());
  EXPECT_EQ(inherit_trace({{"a", 1}}, "", parent), (json{{"a", 1}}));
  EXPECT_EQ(inherit_trace(nullptr, "", parent), nullptr);
  EXPECT_EQ(inherit_trace("wrong", kGood, parent), "wrong");
}

/// The environment of one test.
class TraceVariables final {
 public:
  TraceVariables(const char* traceparent, const char* tracestate) {
    ::setenv("TRACEPARENT", traceparent, 1);
    ::setenv("TRACESTATE", tracestate, 1);
  }
  ~TraceVariables() {
    ::unsetenv("TRACEPARENT");
    ::unsetenv("TRACESTATE");
  }
  TraceVariables(const TraceVariables&) = delete;
  TraceVariables& operator=(const TraceVariables&) = delete;
};

TEST(TraceContext, IsTakenFromTheEnvironment) {
  bool is_unfit = true;
  {
    const TraceVariables variables{kGood.c_str(), "vendor=1"};
    EXPECT_EQ(trace_from_environment(nullptr, is_unfit),
              (json{{"traceparent", kGood}, {"tracestate", "vendor=1"}}));
    EXPECT_FALSE(is_unfit);
    EXPECT_EQ(trace_from_environment({{"traceparent", kOther}}, is_unfit),
              (json{{"traceparent", kOther}}));
  }
  const TraceVariables variables{"broken", "vendor=1"};
  EXPECT_EQ(trace_from_environment({{"a", 1}}, is_unfit), (json{{"a", 1}}));
  EXPECT_TRUE(is_unfit);
}

}  // namespace
}  // namespace stint
