#include "config/log_file.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using std::chrono::system_clock;
using ::testing::HasSubstr;

class LogFileTest : public ::testing::Test {
 protected:
  std::string text_of(const std::string& suffix = "") const {
    std::ifstream file{path_ + suffix};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  bool exists(const std::string& suffix) const { return std::filesystem::exists(path_ + suffix); }

  // As if the last line had been written then.
  void age(std::chrono::seconds age) const {
    const std::time_t then = system_clock::to_time_t(system_clock::now() - age);
    const std::array<timespec, 2> times = {timespec{.tv_sec = then, .tv_nsec = 0},
                                           timespec{.tv_sec = then, .tv_nsec = 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times.data(), 0), 0);
  }

  test::TemporaryFolder folder_;
  std::string path_ = (folder_.path() / "stint.log").string();
  system_clock::time_point now_ = system_clock::now();
};

TEST_F(LogFileTest, MakesTheFolderAndAppends) {
  path_ = (folder_.path() / "a/b/stint.log").string();
  LogFile{path_, {}}.append("one\n", now_);
  LogFile{path_, {}}.append("two\n", now_);
  EXPECT_EQ(text_of(), "one\ntwo\n");
}

TEST_F(LogFileTest, RotatesBeforeItGrowsTooLarge) {
  LogFile file{path_, {.max_bytes = 10, .keep = 2}};
  for (const char* line : {"1234\n", "5678\n", "abc\n", "a line that is longer\n", "def\n"}) {
    EXPECT_EQ(file.append(line, now_), std::nullopt);
  }
  EXPECT_EQ(text_of(), "def\n");
  EXPECT_EQ(text_of(".1"), "a line that is longer\n");
  EXPECT_EQ(text_of(".2"), "abc\n");
  EXPECT_FALSE(exists(".3")) << "more rotated files stay than were asked for";
}

TEST_F(LogFileTest, RotatesWhatAnotherProcessFilled) {
  std::ofstream{path_} << "0123456789";
  LogFile file{path_, {.max_bytes = 10}};
  file.append("x\n", now_);
  EXPECT_EQ(text_of(), "x\n");
  EXPECT_EQ(text_of(".1"), "0123456789");
}

TEST_F(LogFileTest, BeginsANewFileEveryDay) {
  LogFile file{path_, {.daily = true}};
  file.append("yesterday\n", now_);
  file.append("yesterday\n", now_);
  age(std::chrono::hours{24});
  file.append("today\n", now_);
  file.append("today\n", now_);
  EXPECT_EQ(text_of(), "today\ntoday\n");
  EXPECT_EQ(text_of(".1"), "yesterday\nyesterday\n");
  EXPECT_FALSE(exists(".2"));
}

TEST_F(LogFileTest, FollowsWhoeverMovesTheFileAway) {
  LogFile file{path_, {}};
  file.append("one\n", now_);
  std::filesystem::rename(path_, path_ + ".moved");
  file.append("two\n", now_);
  std::filesystem::remove(path_);
  file.append("three\n", now_);
  EXPECT_EQ(text_of(".moved"), "one\n");
  EXPECT_EQ(text_of(), "three\n");
}

TEST_F(LogFileTest, SaysOnceThatTheFileIsGoneForGood) {
  path_ = (folder_.path() / "a/stint.log").string();
  LogFile file{path_, {}};
  EXPECT_EQ(file.append("one\n", now_), std::nullopt);
  std::filesystem::remove_all(folder_.path() / "a");
  EXPECT_THAT(file.append("two\n", now_).value_or("nothing"),
              HasSubstr("\"" + path_ + "\" is gone and cannot be made anew: No such file"));
  EXPECT_EQ(file.append("three\n", now_), std::nullopt);
  EXPECT_TRUE(file.append("four\n", now_ + std::chrono::hours{2}));
  std::filesystem::create_directory(folder_.path() / "a");
  EXPECT_EQ(file.append("five\n", now_), std::nullopt);
  EXPECT_EQ(text_of(), "five\n");
}

TEST_F(LogFileTest, LosesNoLineWhenSeveralRotateAtOnce) {
  constexpr int kWriters = 4;
  constexpr int kLines = 250;
  std::vector<std::jthread> writers;
  writers.reserve(kWriters);
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      LogFile file{path_, {.max_bytes = 200, .keep = 1000}};
      for (int i = 0; i < kLines; ++i) file.append(fmt::format("{} {}\n", writer, i), now_);
    });
  }
  writers.clear();
  std::array<int, kWriters> seen{};
  for (const auto& entry : std::filesystem::directory_iterator{folder_.path()}) {
    std::ifstream file{entry.path()};
    int writer = 0;
    int number = 0;
    while (file >> writer >> number) ++seen.at(static_cast<std::size_t>(writer));
  }
  EXPECT_THAT(seen, ::testing::Each(kLines));
  EXPECT_TRUE(exists(".1"));  // how often depends on who is interrupted within a rotation
}

TEST_F(LogFileTest, GrowsOnWhenItCannotBeRotatedAndSaysSoOnce) {
  std::filesystem::create_directory(path_ + ".1");
  std::ofstream{path_ + ".1/kept"} << "x";
  LogFile file{path_, {.max_bytes = 5, .keep = 1}};
  EXPECT_EQ(file.append("one\n", now_), std::nullopt);
  const auto problem = file.append("two\n", now_);
  ASSERT_TRUE(problem);
  EXPECT_THAT(*problem, HasSubstr("\"" + path_ + "\" cannot be rotated"));
  EXPECT_THAT(*problem, HasSubstr("directory"));
  EXPECT_EQ(file.append("three\n", now_), std::nullopt);
  EXPECT_TRUE(file.append("four\n", now_ + std::chrono::hours{2}));
  EXPECT_EQ(text_of(), "one\ntwo\nthree\nfour\n");
}

TEST_F(LogFileTest, SaysWhyItCannotBeOpenedOrWritten) {
  try {
    const LogFile file{"/dev/null/x.log", {}};
    FAIL() << "a file below a device was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    EXPECT_THAT(error.what(),
                HasSubstr("\"/dev/null/x.log\" (logging.file) cannot be opened: Not"));
  }
  LogFile full{"/dev/full", {.max_bytes = 1}};
  try {
    full.append("line\n", now_);
    FAIL() << "a full device took a line";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("\"/dev/full\" cannot be written to: No space left"));
  }
}

}  // namespace
}  // namespace stint
