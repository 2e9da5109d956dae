#include "config/logging.hpp"
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/log.hpp"
#include "config/load_settings.hpp"
#include "stint/error.hpp"
#include "support/datagram_receiver.hpp"

namespace stint {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class Logging : public ::testing::Test {
 protected:
  ~Logging() override {
    set_log_sink({});
    set_default_log_sink({});
    set_log_levels({});
    std::filesystem::remove_all(folder_);
  }

  void configure(const std::string& toml) {
    std::vector<std::string> problems;
    const Settings settings = read_settings(
        {.toml = "[logging]\n" + toml, .environment = std::map<std::string, std::string>{}}, {},
        UnknownSettings::kRefused, problems);
    ASSERT_EQ(problems, std::vector<std::string>{});
    configure_logging(settings);
  }

  static std::string written_to_standard_error(const std::function<void()>& write) {
    ::testing::internal::CaptureStderr();
    write();
    return ::testing::internal::GetCapturedStderr();
  }

  std::string file_text() const {
    std::ifstream file{folder_ / "stint.log"};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::filesystem::path folder_ =
      std::filesystem::path{::testing::TempDir()} / ("logging_" + std::to_string(::getpid()));
};

TEST_F(Logging, WritesTheSeedsFormatToStandardErrorByDefault) {
  const std::string text = written_to_standard_error([&] {
    configure("");
    log_info("helloworld.task.HelloWorld", "Run task");
  });
  EXPECT_THAT(text, MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} "
                                 "helloworld.task.HelloWorld INFO Run task\n"));
}

TEST_F(Logging, NamesEveryLevel) {
  const std::string text = written_to_standard_error([&] {
    configure("level = \"debug\"");
    log_debug("x", "a");
    log_warning("x", "b");
    log_error("x", "c");
  });
  EXPECT_THAT(text, HasSubstr(" x DEBUG a\n"));
  EXPECT_THAT(text, HasSubstr(" x WARNING b\n"));
  EXPECT_THAT(text, HasSubstr(" x ERROR c\n"));
}

TEST_F(Logging, HoldsTheLevelsOfSingleLoggers) {
  configure(
      "level = \"error\"\n[logging.levels]\nworker = \"debug\"\n\"worker.claimer\" = \"warning\"");
  EXPECT_TRUE(log_enabled("worker.executor", LogLevel::kDebug));
  EXPECT_FALSE(log_enabled("worker.claimer", LogLevel::kInfo));
  EXPECT_TRUE(log_enabled("worker.claimer", LogLevel::kWarning));
  EXPECT_FALSE(log_enabled("store", LogLevel::kWarning));
}

TEST_F(Logging, WritesJsonLines) {
  const std::string text = written_to_standard_error([&] {
    configure("format = \"json\"");
    log_warning("worker", "two\nlines \"quoted\"");
  });
  const json line = json::parse(text);
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["logger"], "worker");
  EXPECT_EQ(line["text"], "two\nlines \"quoted\"");
  EXPECT_THAT(line["time"].get<std::string>(), MatchesRegex("[-0-9]+T[:0-9]+\\.[0-9]{3}Z"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

TEST_F(Logging, KeepsALineOnOneLine) {
  const std::string text = written_to_standard_error([&] {
    configure("");
    log_info("x", "one\n2026-01-01 00:00:00 x ERROR forged\x1b[0m");
  });
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_THAT(text, HasSubstr("one\\n2026"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(Logging, ColoursOnlyWhenAskedOrOnATerminal) {
  const auto write = [&](const std::string& toml) {
    return written_to_standard_error([&] {
      configure(toml);
      log_error("x", "y");
    });
  };
  EXPECT_THAT(write("color = \"always\""), HasSubstr("\x1b["));
  EXPECT_THAT(write("color = \"auto\""), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(write("color = \"never\""), Not(HasSubstr("\x1b[")));
}

TEST_F(Logging, AppendsToAFile) {
  const std::string file = "file = \"" + (folder_ / "stint.log").string() + "\"";
  configure(file);
  log_info("x", "first");
  configure(file);
  log_info("x", "second");
  EXPECT_THAT(file_text(), MatchesRegex("[^\n]* x INFO first\n[^\n]* x INFO second\n"));
}

TEST_F(Logging, LeavesEverythingAsItWasWhenTheFileCannotBeOpened) {
  configure("level = \"error\"");
  try {
    configure("level = \"debug\"\nfile = \"/dev/null/x.log\"");
    FAIL() << "a file below a device was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    EXPECT_THAT(error.what(), HasSubstr("the log file \"/dev/null/x.log\" (logging.file)"));
  }
  EXPECT_FALSE(log_enabled("x", LogLevel::kDebug));
}

TEST_F(Logging, WritesToStandardErrorWhatTheFileCannotTake) {
  configure("file = \"/dev/full\"");
  EXPECT_THAT(written_to_standard_error([] { log_info("x", "kept"); }), HasSubstr("x INFO kept"));
}

TEST_F(Logging, WritesToSeveralOutputs) {
  const std::string text = written_to_standard_error([&] {
    configure("outputs = [\"console\", \"file\"]\nfile = \"" + (folder_ / "stint.log").string() +
              "\"");
    log_info("x", "both");
  });
  EXPECT_THAT(text, HasSubstr(" x INFO both\n"));
  EXPECT_EQ(file_text(), text);
}

TEST_F(Logging, RotatesTheFile) {
  configure("rotate_size = 40\nrotate_keep = 1\nfile = \"" + (folder_ / "stint.log").string() +
            "\"");
  log_info("x", "first");
  log_info("x", "second");
  EXPECT_THAT(file_text(), MatchesRegex("[^\n]* x INFO second\n"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "stint.log.1"));
}

TEST_F(Logging, SendsToSyslogAndToTheJournal) {
  std::filesystem::create_directory(folder_);
  const std::string syslog = (folder_ / "log").string();
  const std::string journal = (folder_ / "journal").string();
  const test::DatagramReceiver syslog_daemon{syslog};
  const test::DatagramReceiver journal_daemon{journal};
  configure("outputs = [\"syslog\", \"journald\"]\nident = \"report\"\nsyslog_socket = \"" +
            syslog + "\"\nsyslog_facility = \"cron\"\njournald_socket = \"" + journal + "\"");
  EXPECT_EQ(written_to_standard_error([] { log_warning("reports.daily", "late\nforged"); }), "");
  EXPECT_THAT(syslog_daemon.receive().value_or("nothing"),
              MatchesRegex("<76>[A-Z][a-z]+ [ 0-9:]+ report\\[[0-9]+\\]: reports.daily WARNING "
                           "late\\\\nforged"));
  const std::string entry = journal_daemon.receive().value_or("nothing");
  EXPECT_THAT(entry, HasSubstr("late\nforged\nPRIORITY=4\nSYSLOG_IDENTIFIER=report\n"
                               "LOGGER=reports.daily\n"));
}

TEST_F(Logging, RefusesOutputsThatCannotBeMeant) {
  const auto problem = [](const std::string& toml) {
    std::vector<std::string> problems;
    read_settings(
        {.toml = "[logging]\n" + toml, .environment = std::map<std::string, std::string>{}}, {},
        UnknownSettings::kRefused, problems);
    return problems.empty() ? std::string{"none"} : problems.front();
  };
  EXPECT_THAT(problem("outputs = [\"consol\"]"), HasSubstr("(did you mean \"console\"?)"));
  EXPECT_THAT(problem("outputs = []"), HasSubstr("logging.outputs is empty"));
  EXPECT_THAT(problem("outputs = [\"syslog\", \"syslog\"]"), HasSubstr("names \"syslog\" twice"));
  EXPECT_THAT(problem("outputs = [\"file\"]"), HasSubstr("logging.file is not set"));
  EXPECT_THAT(problem("ident = \"my prog\""), HasSubstr("logging.ident is \"my prog\""));
}

TEST_F(Logging, TellsOnTheOthersThatAnOutputFails) {
  std::filesystem::create_directory(folder_);
  const std::string path = (folder_ / "log").string();
  auto daemon = std::make_unique<test::DatagramReceiver>(path);
  configure("outputs = [\"console\", \"syslog\"]\nsyslog_socket = \"" + path + "\"");
  const std::string down = written_to_standard_error([&] {
    daemon.reset();
    log_info("x", "one");
    log_info("x", "two");
  });
  EXPECT_THAT(down, MatchesRegex("[^\n]* x INFO one\n[^\n]* logging WARNING [^\n]*Connection "
                                 "refused\n[^\n]* x INFO two\n"));
  const std::string up = written_to_standard_error([&] {
    std::filesystem::remove(path);
    daemon = std::make_unique<test::DatagramReceiver>(path);
    log_info("x", "three");
  });
  EXPECT_THAT(up, HasSubstr("logging WARNING a log output works again; it has not taken 2 lines"));
  EXPECT_THAT(daemon->receive().value_or("nothing"), HasSubstr("x INFO three"));
}

TEST_F(Logging, LeavesTheLinesToAProgramThatTookThem) {
  std::vector<std::string> lines;
  set_log_sink([&](const LogLine& line) { lines.push_back(line.text); });
  EXPECT_EQ(written_to_standard_error([&] {
              configure("");
              log_info("x", "mine");
            }),
            "");
  EXPECT_EQ(lines, std::vector<std::string>{"mine"});
}

}  // namespace
}  // namespace stint
