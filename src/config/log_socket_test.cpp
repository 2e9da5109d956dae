#include "config/log_socket.hpp"
#include <unistd.h>
#include <filesystem>
#include <map>
#include <memory>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/utf8.hpp"
#include "stint/error.hpp"
#include "support/datagram_receiver.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Pair;

LogLine line_of(LogLevel level, std::string text) {
  return {.level = level,
          .logger = "worker.claimer",
          .text = std::move(text),
          .time = std::chrono::system_clock::from_time_t(1'600'000'000)};
}

// As the journal reads it.
std::map<std::string, std::string> fields_of(std::string_view datagram) {
  std::map<std::string, std::string> fields;
  while (!datagram.empty()) {
    const std::size_t name_end = datagram.find_first_of("=\n");
    const std::string name{datagram.substr(0, name_end)};
    const bool is_sized = datagram.at(name_end) == '\n';
    datagram.remove_prefix(name_end + 1);
    std::size_t size = datagram.find('\n');
    if (is_sized) {
      size = 0;
      for (std::size_t i = 8; i > 0; --i) {
        size = size * 256 + static_cast<unsigned char>(datagram.at(i - 1));
      }
      datagram.remove_prefix(8);
    }
    fields[name] = datagram.substr(0, size);
    EXPECT_EQ(datagram.at(size), '\n');
    datagram.remove_prefix(size + 1);
  }
  return fields;
}

TEST(JournaldDatagram, HasTheFieldsOfTheLine) {
  EXPECT_THAT(fields_of(journald_datagram("report", line_of(LogLevel::kWarning, "a = b"))),
              ElementsAre(Pair("LOGGER", "worker.claimer"), Pair("MESSAGE", "a = b"),
                          Pair("PRIORITY", "4"), Pair("SYSLOG_IDENTIFIER", "report")));
}

TEST(JournaldDatagram, LetsNoTextForgeAField) {
  const std::string text = "one\nPRIORITY=0\n\ntwo=" + std::string(300, 'x');
  const auto fields = fields_of(journald_datagram("stint", line_of(LogLevel::kDebug, text)));
  EXPECT_EQ(fields.at("MESSAGE"), text);
  EXPECT_EQ(fields.at("PRIORITY"), "7");
}

TEST(JournaldDatagram, CutsWhatNoDatagramHolds) {
  std::string text;
  while (text.size() < 1'000'000) text += "\u20ac";
  const auto fields = fields_of(journald_datagram("stint", line_of(LogLevel::kInfo, text)));
  EXPECT_EQ(fields.at("MESSAGE").size(), 49'152 / 3 * 3);
  EXPECT_TRUE(is_valid_utf8(fields.at("MESSAGE")));
}

TEST(SyslogDatagram, HasThePriorityTheTimeAndTheProcess) {
  const int local3 = syslog_facility("local3");
  EXPECT_THAT(syslog_datagram(local3, "stint", line_of(LogLevel::kError, ""), "worker ERROR x"),
              MatchesRegex(fmt::format("<155>Sep 1[23] [0-9:]{{8}} stint\\[{}\\]: worker ERROR x",
                                       ::getpid())));
  EXPECT_THAT(syslog_datagram(syslog_facility("user"), "s", line_of(LogLevel::kInfo, ""), "x"),
              HasSubstr("<14>Sep 1"));
  EXPECT_THROW(syslog_facility("printer"), Error);
}

TEST(LogSocket, FindsADaemonThatWasStartedAnew) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "socket").string();
  auto daemon = std::make_unique<test::DatagramReceiver>(path);
  LogSocket socket{path, "logging.syslog_socket"};
  socket.send("one");
  EXPECT_EQ(daemon->receive(), "one");
  daemon.reset();
  try {
    socket.send("two");
    FAIL() << "nobody took it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("\"" + path + "\": Connection refused"));
  }
  std::filesystem::remove(path);
  daemon = std::make_unique<test::DatagramReceiver>(path);
  socket.send("three");
  EXPECT_EQ(daemon->receive(), "three");
}

TEST(LogSocket, WaitsOnlyOnceForADaemonThatHangs) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "socket").string();
  const test::DatagramReceiver daemon{path};
  LogSocket socket{path, "logging.journald_socket"};
  const std::string datagram(1000, 'x');
  int sent = 0;
  EXPECT_THROW(for (;; ++sent) socket.send(datagram), Error);
  // The queue of a socket is what bounds it, far below the limit of descriptors.
  EXPECT_GT(sent, 0);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_THROW(socket.send(datagram), Error);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{10})
      << "100 lines waited 200 ms each";
  for (int i = 0; i < sent; ++i) EXPECT_EQ(daemon.receive(), datagram);
  socket.send("again");
  EXPECT_EQ(daemon.receive(), "again");
}

TEST(LogSocket, SaysWhyNobodyCanBeReached) {
  const auto message = [](const std::string& path) -> std::string {
    try {
      const LogSocket socket{path, "logging.syslog_socket"};
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
      return error.what();
    }
    return "none";
  };
  EXPECT_THAT(message("/nowhere/log"),
              HasSubstr("\"/nowhere/log\" (logging.syslog_socket): No such file or directory"));
  EXPECT_THAT(message("/" + std::string(200, 'x')), HasSubstr("File name too long"));
}

}  // namespace
}  // namespace stint
