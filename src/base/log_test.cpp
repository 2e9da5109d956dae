#include "base/log.hpp"
#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/mutex.hpp"

namespace stint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

class Log : public testing::Test {
 protected:
  Log() {
    set_log_sink([this](const LogLine& line) {
      const MutexLock lock{mutex_};
      lines_.push_back(line);
    });
  }
  ~Log() override {
    set_log_sink({});
    set_default_log_sink({});
    set_log_levels({});
  }

  std::vector<std::string> texts() {
    const MutexLock lock{mutex_};
    std::vector<std::string> result;
    result.reserve(lines_.size());
    for (const LogLine& line : lines_) result.push_back(line.text);
    return result;
  }

  Mutex mutex_;
  std::vector<LogLine> lines_;
};

TEST_F(Log, HandsLinesToTheSink) {
  const auto before = std::chrono::system_clock::now();
  log_warning("worker.claimer", "claimed {} of {}", 3, "four");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].level, LogLevel::kWarning);
  EXPECT_EQ(lines_[0].logger, "worker.claimer");
  EXPECT_EQ(lines_[0].text, "claimed 3 of four");
  EXPECT_GE(lines_[0].time, before);
}

TEST_F(Log, WritesFromInfoUpByDefault) {
  log_debug("x", "debug");
  log_info("x", "info");
  log_error("x", "error");
  EXPECT_THAT(texts(), ElementsAre("info", "error"));
}

TEST_F(Log, ChecksTheLevelOfTheNearestNameAbove) {
  set_log_levels(
      {.level = LogLevel::kError,
       .loggers = {{"worker", LogLevel::kDebug}, {"worker.claimer", LogLevel::kWarning}}});
  EXPECT_TRUE(log_enabled("worker", LogLevel::kDebug));
  EXPECT_TRUE(log_enabled("worker.executor", LogLevel::kDebug));
  EXPECT_FALSE(log_enabled("worker.claimer", LogLevel::kInfo));
  EXPECT_TRUE(log_enabled("worker.claimer.lane", LogLevel::kWarning));
  EXPECT_FALSE(log_enabled("workers", LogLevel::kWarning));
  EXPECT_FALSE(log_enabled("", LogLevel::kWarning));
  EXPECT_TRUE(log_enabled("store", LogLevel::kError));
}

struct Expensive {};

}  // namespace
}  // namespace stint

static std::atomic<int> formatted = 0;

template <>
struct fmt::formatter<stint::Expensive> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  auto format(const stint::Expensive&, fmt::format_context& context) const {
    ++formatted;
    return context.out();
  }
};

namespace stint {
namespace {

TEST_F(Log, FormatsNothingBelowTheLevel) {
  formatted = 0;
  log_debug("x", "{}", Expensive{});
  EXPECT_EQ(formatted, 0);
  log_info("x", "{}", Expensive{});
  EXPECT_EQ(formatted, 1);
}

TEST_F(Log, CleansTheTextForTheSink) {
  write_log(LogLevel::kInfo, "x", std::string_view{"a\0b\xFF", 4});
  EXPECT_THAT(texts(), ElementsAre("a\xEF\xBF\xBD"
                                   "b\xEF\xBF\xBD"));
}

TEST_F(Log, WritesToStandardErrorInOneLineWithoutASink) {
  set_log_sink({});
  testing::internal::CaptureStderr();
  log_info("hello.world", "Run\ntask \x1b[31m");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} hello.world INFO "
                           "Run\\\\ntask \\\\x1b\\[31m\n"));
}

TEST_F(Log, PrefersTheProgramsSinkToTheDefaultOne) {
  int calls = 0;
  set_default_log_sink([&](const LogLine&) { ++calls; });
  log_info("x", "to the program");
  EXPECT_EQ(calls, 0);
  set_log_sink({});
  log_info("x", "to the default");
  EXPECT_EQ(calls, 1);
  EXPECT_THAT(texts(), ElementsAre("to the program"));
}

TEST_F(Log, WritesToStandardErrorWhatTheSinkRefuses) {
  set_log_sink([](const LogLine&) { throw std::runtime_error("disk full"); });
  testing::internal::CaptureStderr();
  log_info("x", "kept");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("x INFO kept"));
}

TEST_F(Log, DropsLinesThatTheSinkWritesItself) {
  int calls = 0;
  set_log_sink([&](const LogLine&) {
    ++calls;
    log_info("x", "again");
  });
  log_info("x", "once");
  EXPECT_EQ(calls, 1);
}

TEST_F(Log, LetsASinkReplaceItself) {
  int calls = 0;
  set_log_sink([&](const LogLine&) {
    ++calls;
    set_log_sink({});
  });
  log_info("x", "first");
  testing::internal::CaptureStderr();
  log_info("x", "second");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("second"));
  EXPECT_EQ(calls, 1);
}

TEST_F(Log, WaitsForCallsOfTheFormerSink) {
  std::promise<void> entered;
  std::promise<void> go;
  std::atomic<bool> left = false;
  set_log_sink([&](const LogLine&) {
    entered.set_value();
    go.get_future().wait();
    left = true;
  });
  std::thread writer{[] { log_info("x", "slow"); }};
  entered.get_future().wait();
  std::thread release{[&] { go.set_value(); }};
  set_log_sink({});
  EXPECT_TRUE(left);
  writer.join();
  release.join();
}

TEST(LogLevelNames, AreReadBack) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_EQ(parse_log_level(to_string(level)), level);
  }
  EXPECT_EQ(parse_log_level("INFO"), std::nullopt);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
}

}  // namespace
}  // namespace stint
